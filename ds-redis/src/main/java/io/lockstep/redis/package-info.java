/// Every Redis key, script and command of the service: connections, scripts, sealing, the Redis that we
/// start ourselves, and the check of one that we were given.
///
/// All keys. `{G}` is 32 hexadecimal digits of `HMAC(derive("group-key"), group id)`, `{U}` of
/// `HMAC(derive("client-key"), user)`, `C` of the same over `user/device`, `R` of
/// `HMAC(derive("ref-key"), KeyPackageRef)`; braces are part of the key and make its hash tag.
/// *Sealed* is AES-256-GCM under `derive("seal")`, see [io.lockstep.redis.ValueSealer].
///
/// | Key | Type | Owner | Holds | Goes |
/// |---|---|---|---|---|
/// | `ls:deployment` | string | `DeploymentMarker` | fingerprint of the deployment key, and the layout's number: 2 | never |
/// | `ls:store` | string | `DeploymentMarker` | random id of this store: nodes remember it | never |
/// | `ls:nodes` | channel | `DeploymentMarker` | nothing: nodes that remember the store listen | – |
/// | `ls:probe` | string | `StoreVerifier` | nothing: whether a write is taken | a minute after the last |
/// | `ls:{G}:meta` | hash | `RedisGroupLog` | `at` place (incarnation, u64 position, head), `e` epoch, `f` first retained position, the policy as `pe` past epochs, `pj` external join, `pr` retention in seconds, `c` creator, `g` sealed group id, `b` names of the GroupInfo's blobs, `m` number of members, `y` bytes of retained messages | never yet |
/// | `ls:{G}:log` | stream | `RedisGroupLog` | `<position>-0` → `e` StoredEntry | trimmed by retention, and beyond 1 GiB of messages |
/// | `ls:{G}:sizes` | hash | `RedisGroupLog` | position / 1,024 → bytes of messages | with its entries |
/// | `ls:{G}:seen:<epoch>:<period>` | hash | `RedisGroupLog` | of entries accepted in a period of 14 days: first 16 bytes of SHA-256 → position | the retention (or a day) and 15 days after the first of them |
/// | `ls:{G}:roster` | hash | `RedisGroupLog` | member → owner, u64 first visible, u64 last visible; at most 65,536 current and 4,096 removed members | removed members when what they saw last is trimmed |
/// | `ls:{G}:owners` | hash | `RedisGroupLog` | owner → number of its current members | with its last member |
/// | `ls:{G}:former` | sorted set | `RedisGroupLog` | removed members by what they see last | as in the roster |
/// | `ls:{G}:staged:<hash>` | list | `StagedChange` | parts of a roster change of more than 512 names, before its commit is appended | when it is appended, or after 10 minutes |
/// | `ls:{G}:merging` | list | `RosterReads` | the parts of an appended change that are not in the roster yet | with its last part, before the roster is asked or changed |
/// | `ls:{G}:info` | string | `RedisGroupLog` | sealed StoredInfo of the current epoch | by a commit without one |
/// | `ls:{G}:welcomes` | hash | `RedisGroupLog` | position → sealed StoredWelcome | when released |
/// | `ls:{G}:blob:<SHA-256 in hex>` | hash | `RedisBlobStore` | `0`, `1`, … sealed chunks, `s` the size once whole, `p` position of the first entry that refers to it | an hour after the upload; 31 days or the retention and a day after the last append that refers to it; no end while the stored GroupInfo does |
/// | `ls:{G}:uploads` | sorted set | `RedisBlobStore` | name and size of each blob that nothing refers to, by its end | an hour after the last upload |
/// | `ls:{G}:kept` | sorted set | `RedisBlobStore` | name and size of each other blob, by its end | each after its end, with the next upload |
/// | `ls:{G}:kept-bytes` | string | `RedisBlobStore` | bytes of those | never |
/// | `ls:{G}:proposals` | string | `RedisGroupLog` | positions of the current epoch's proposals, u64 each; the first 1,024 and a batch | with the epoch |
/// | `ls:{G}:tail` | channel | `FollowedGroups` | GroupNews | – |
/// | `ls:outbox` | sorted set | `WelcomeOutbox` | `G` → milliseconds: a commit with a Welcome was about to be appended | after release, when unchanged |
/// | `ls:{U}:devices` | hash | `RedisKeyPackageStore` | `C` → sealed device name; at most 100 | never |
/// | `ls:{U}:kp:index:C` | sorted set | `RedisKeyPackageStore` | a member for each single-use KeyPackage: shelf (`<version>.<suite>`), keyed hash of features, expiry, number, `R`, bytes; every score 0 | at the latest expiry in it |
/// | `ls:{U}:kp:sealed:C` | hash | `RedisKeyPackageStore` | `R` → its place, line feed, sealed ShelvedKeyPackage; `#c` how many, `#b` their bytes; read only when handed out or deleted by its ref | at the latest expiry in it |
/// | `ls:{U}:kp:shelves:C` | hash | `RedisKeyPackageStore` | shelf → features, expiry, `R` and bytes of its last resort; `n` last number; at most 16 shelves | when the device is forgotten |
/// | `ls:{U}:kp:refs:C` | sorted set | `RedisKeyPackageStore` | every `R` ever published, by expiry; at most 20,000 | at the latest expiry in it |
/// | `ls:{U}:kp:features:C` | hash | `RedisKeyPackageStore` | keyed hash → sealed OfferedFeatures; at most 16 | at the latest expiry of a package with any |
/// | `ls:{U}:claims` | string | `RedisKeyPackageStore` | sealed StoredClaimPolicy | never |
/// | `ls:key-packages` | channel | `RedisKeyPackageStore` | sealed names of clients whose KeyPackages run low | – |
/// | `ls:kpref:{R}` | hash | `RedisKeyPackageStore` | `o` sealed client name, `l` 1 for a last resort, `g` keyed hash of the group that a Welcome brought it into | at the KeyPackage's expiry, and 31 days after a Welcome named it |
/// | `ls:{U}:mail:order:C` | sorted set | `RedisInboxStore` | mail id, by its number | a month after the last mail; each piece a month after it was filed |
/// | `ls:{U}:mail:info:C` | hash | `RedisInboxStore` | mail id → number, weight, expiry, source; `#w` weight of all, `#n` last number, `#d` how many were dropped | the same |
/// | `ls:{U}:mail:sealed:C` | hash | `RedisInboxStore` | mail id → sealed FiledMail | the same |
/// | `ls:{U}:mail:pieces:C` | sorted set | `RedisInboxStore` | source, number, mail id; every score 0 | the same |
/// | `ls:{U}:mail:sources:C` | sorted set | `RedisInboxStore` | source (`R` of the KeyPackage answered), by the weight of its mail | the same |
/// | `ls:{U}:revoked` | hash | `RedisRevocations` | `C` → milliseconds of its last revocation; at most 1,000 | never |
/// | `ls:revocations` | stream | `RedisRevocations` | `c` sealed client name, `t` milliseconds: read by every node | the oldest beyond about 10,000 |
/// | `ls:revoked` | channel | `RedisRevocations` | nothing: a hint to read the stream | – |
/// | `ls:inbox` | channel | `RedisInboxStore` | sealed names of clients for whom mail was filed | – |
///
/// Each script is handed every key that it touches (`LuaKeysTest`), and what it costs does not grow with what a user
/// can make grow: `ScriptCostIT` and `LogScriptCostIT` hold each to 5 ms and its reply to 1 MiB. Scripts that decide
/// by time ask Redis for it.
///
/// Threads: everything is *thread-safe*; answers come on Lettuce's threads, on which nobody may block.
/// Starting and checking a Redis block their caller.
@NullMarked
package io.lockstep.redis;

import org.jspecify.annotations.NullMarked;
