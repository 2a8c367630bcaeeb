/// The Redis layer of the service, with every Redis key, script and command: connections, scripts,
/// sealing, the embedded Redis, and the verification of an external one.
///
/// The table lists all keys. `{G}` is 32 hexadecimal digits of `HMAC(derive("group-key"), group
/// id)`, `{U}` of `HMAC(derive("client-key"), user)`, `C` of the same over `user/device`, `R` of
/// `HMAC(derive("ref-key"), KeyPackageRef)`, `{A}` of
/// `HMAC(derive("quota"), kind and name of the holder)`. Braces are part of the key and make its hash tag.
/// *Sealed* is AES-256-GCM under `derive("seal")` of a deployment key, see [io.lockstep.redis.ValueSealer]. A *kind* of
/// KeyPackage is one version and suite.
///
/// | Key | Type | Owner | Content | Deleted |
/// |---|---|---|---|---|
/// | `ls:deployment` | string | `DeploymentMarker` | fingerprint of the keyring, and the layout's number: 3 | never |
/// | `ls:keyring` | string | `DeploymentGuard` | sealed StoredKeyring: the secret that names are derived from | never |
/// | `ls:sealing-keys` | hash | `DeploymentGuard` | id of each deployment key that values may be sealed under → milliseconds of its last use | when no value needs it, see `ValueRewrapper` |
/// | `ls:store` | string | `DeploymentMarker` | random id of this store, which nodes remember | never |
/// | `ls:nodes` | channel | `DeploymentMarker` | nothing: nodes that remember the store subscribe | – |
/// | `ls:probe` | string | `StoreVerifier` | nothing: tests whether Redis accepts a write | a minute after the last write |
/// | `ls:{G}:meta` | hash | `RedisGroupLog` | `at` log position (incarnation, u64 position, head), `e` epoch, `f` first retained position, the policy as `pe` past epochs, `pj` external join, `pr` retention in seconds, `pv` rejections that void a commit, `pi` who may name a successor, `pb` retention in bytes (0: none), `pc` who may change it, `pl` the longest retention it had before, `u` StoredProvisionalCommits, `s` sealed id of the successor, `l` sealed StoredDepartures, `z` position at which the operator froze the group, `c` creator, `o` its owner, `g` sealed group id, `b` names of the GroupInfo's blobs, `m` number of members, `y` bytes of retained messages, `v` position of the last void, `ce` epoch of the creation, `k` id of the group's key and the key, sealed; while the group is deleted only `d` its last log position, `e`, `pr` and `ce` | when the group is deleted |
/// | `ls:{G}:log` | stream | `RedisGroupLog` | `<position>-0` → `e` StoredEntry, sealed under the group's key, see [io.lockstep.redis.log.EntrySealer] | trimmed by retention in time and bytes, and beyond 1 GiB of messages |
/// | `ls:{G}:sizes` | hash | `RedisGroupLog` | position / 1,024 → bytes of messages | with its entries |
/// | `ls:{G}:seen:<epoch>:<period>` | hash | `RedisGroupLog` | of entries accepted in a period of 14 days: first 16 bytes of SHA-256 → position | the retention (or a day) and 15 days after the first of them |
/// | `ls:{G}:roster` | hash | `RedisGroupLog` | member → owner, u64 first visible, u64 last visible; at most 65,536 current and 4,096 removed members | a removed member when its last visible position is trimmed |
/// | `ls:{G}:owners` | hash | `RedisGroupLog` | owner → number of its current members | with its last member |
/// | `ls:{G}:former` | sorted set | `RedisGroupLog` | removed members by their last visible position | as in the roster |
/// | `ls:{G}:staged:<hash>` | list | `StagedRosterDelta` | parts of a roster change of more than 512 names, before its commit is appended | when it is appended, or after 10 minutes |
/// | `ls:{G}:merging` | list | `RosterReads` | the parts of an appended change that are not in the roster yet | with its last part, before the roster is read or changed |
/// | `ls:{G}:info` | string | `RedisGroupLog` | sealed StoredInfo, of the epoch that it names | by a void of the commit that stored the first one |
/// | `ls:{G}:undo` | hash | `RedisGroupLog` | position of a provisional commit → names of the blobs of the GroupInfo before it, `:`, and its sealed StoredInfo; at most 16 | when the commit is confirmed or void |
/// | `ls:{G}:troubles` | hash | `TroubleRegister` | counts `r` rejections, `v` voids, `j` rejoins, `s` commits without a GroupInfo, `z` freezes, `t` milliseconds of the last, `ve` epoch that the last void restored, `vt` its milliseconds, `se` epoch of the last commit without a GroupInfo, `st` milliseconds since when the GroupInfo is stale | 31 days after the last |
/// | `ls:{G}:welcomes` | hash | `RedisGroupLog` | position → sealed StoredWelcome | when the Welcome is released |
/// | `ls:{G}:blob:<SHA-256 in hex>` | hash | `RedisBlobStore` | `0`, `1`, … sealed chunks, `s` the size once complete, `p` position of the first entry that refers to it | an hour after the upload; 31 days or the retention and a day after the last append that refers to it; no expiry while the stored GroupInfo refers to it |
/// | `ls:{G}:uploads` | sorted set | `RedisBlobStore` | name and size of each blob without a reference, by its expiry | an hour after the last upload |
/// | `ls:{G}:kept` | sorted set | `RedisBlobStore` | name and size of each other blob, by its expiry | each after its expiry, with the next upload |
/// | `ls:{G}:kept-bytes` | string | `RedisBlobStore` | bytes of the blobs in `kept` | with the group |
/// | `ls:{G}:proposals` | string | `RedisGroupLog` | positions of the current epoch's proposals, u64 each; at most the first 1,024 and one batch | when the epoch ends |
/// | `ls:{G}:tail` | channel | `SubscriptionRegistry` | GroupNews | – |
/// | `ls:outbox` | sorted set | `WelcomeOutbox` | `G` → milliseconds: start of an append of a commit with a Welcome | after the release, if it has not changed |
/// | `ls:sweep:<bucket>` | sorted set | `SweepIndex` | `G` → milliseconds: when the group is swept next; 16 buckets, `0` to `f`, by the first digit of `G` | with its group |
/// | `ls:trouble:<bucket>` | sorted set | `TroubleRegister` | `G` of a group with troubles → milliseconds of the last; 16 buckets as above, at most 1,024 in each | with its group, or after 31 days |
/// | `ls:deleted:<bucket>` | sorted set | `DeletedGroups` | `G` and incarnation of a deleted group → milliseconds of the deletion; 16 buckets as above, at most 4,096 in each | after 31 days |
/// | `ls:{U}:devices` | hash | `RedisKeyPackageStore` | `C` → sealed device name; at most 100 | with the account |
/// | `ls:{U}:kp:index:C` | sorted set | `RedisKeyPackageStore` | a member for each single-use KeyPackage: kind (`<version>.<suite>`), keyed hash of features, expiry, number, `R`, bytes; every score 0 | at the latest expiry in it |
/// | `ls:{U}:kp:sealed:C` | hash | `RedisKeyPackageStore` | `R` → its member of the index, line feed, sealed ShelvedKeyPackage; `#c` their number, `#b` their bytes; a KeyPackage is read only when it is handed out or deleted by its ref | at the latest expiry in it |
/// | `ls:{U}:kp:shelves:C` | hash | `RedisKeyPackageStore` | kind → features, expiry, `R` and bytes of its last resort; `u` and kind → claims that were given it; `n` last number; at most 16 kinds | when the device is deleted |
/// | `ls:{U}:kp:refs:C` | sorted set | `RedisKeyPackageStore` | every `R` ever published, by expiry; at most 20,000 | at the latest expiry in it |
/// | `ls:{U}:kp:init-keys:C` | sorted set | `RedisKeyPackageStore` | keyed hash of every `init_key` ever published, by the expiry of its KeyPackage; at most 20,000 | at the latest expiry in it |
/// | `ls:{U}:kp:features:C` | hash | `RedisKeyPackageStore` | keyed hash → sealed OfferedFeatures; at most 16 | at the latest expiry of a KeyPackage with features |
/// | `ls:{U}:uploads` | string | `RedisKeyPackageStore` | milliseconds of Redis's clock at which the checks of the user's uploads are paid | at that time |
/// | `ls:{U}:claims` | string | `RedisKeyPackageStore` | sealed StoredClaimPolicy | with the account |
/// | `ls:key-packages` | channel | `RedisKeyPackageStore` | sealed names of clients with few KeyPackages left | – |
/// | `ls:kpref:{R}` | hash | `RedisKeyPackageStore` | `o` sealed client name, `l` 1 for a last resort, `g` keyed hash of the group of the first Welcome that names it | at the KeyPackage's expiry, and 31 days after a Welcome named it |
/// | `ls:{U}:mail:order:C` | sorted set | `RedisInboxStore` | item id, by its number | a month after the last item; each item a month after it was filed |
/// | `ls:{U}:mail:info:C` | hash | `RedisInboxStore` | item id → number, weight, expiry, KeyPackage and sender; `#w` weight of all, `#n` last number, `#d` number of dropped items | the same |
/// | `ls:{U}:mail:sealed:C` | hash | `RedisInboxStore` | item id → sealed FiledMail | the same |
/// | `ls:{U}:mail:pieces:C` | sorted set | `RedisInboxStore` | sender, number, item id; every score 0 | the same |
/// | `ls:{U}:mail:sources:C` | sorted set | `RedisInboxStore` | `R` of the KeyPackage that the Welcome used, by the weight of its items | the same |
/// | `ls:{U}:mail:senders:C` | sorted set | `RedisInboxStore` | sender (keyed hash of the sending user and `C`; `R` without one), by the weight of its items | the same |
/// | `ls:{U}:revoked` | hash | `RedisRevocationStore` | `C` → milliseconds of its last revocation; at most 1,000 | never |
/// | `ls:revocations` | stream | `RedisRevocationStore` | `c` sealed client name, `t` milliseconds; every node reads it | the oldest beyond about 10,000 entries |
/// | `ls:revoked` | channel | `RedisRevocationStore` | nothing: a notice to read the stream | – |
/// | `ls:quota:{A}` | hash | `RedisQuotaStore` | what a client, user, group or the deployment has used: measure → microseconds of Redis's clock at which it is paid; at most 8 | when all of it is paid |
/// | `ls:inbox` | channel | `RedisInboxStore` | sealed names of clients for whom an item was filed | – |
///
/// The deletion of a group deletes all keys `ls:{G}:…` and its places in `ls:sweep:…`; what a call
/// in progress writes meanwhile expires. The deletion of an account deletes all keys `ls:{U}:…` but
/// `ls:{U}:revoked`, and the `ls:kpref:…` of its KeyPackages.
///
/// Each script gets every key that it touches as an argument (`LuaKeysTest`). Its cost does not
/// grow with data that a user can add: `ScriptCostIT` and `LogScriptCostIT` limit each script to 5
/// ms and its reply to 1 MiB. A script that decides by time reads the time from Redis.
///
/// Threads: everything is *thread-safe*; replies arrive on Lettuce's threads, which must not block.
/// Starting and checking a Redis block their caller.
@NullMarked
package io.lockstep.redis;

import org.jspecify.annotations.NullMarked;
