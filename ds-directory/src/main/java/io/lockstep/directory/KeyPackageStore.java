package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Stores KeyPackages and hands each out at most once over all nodes (invariant I6). Every
/// implementation passes `KeyPackageStoreContract`. A Mono fails with
/// [DirectoryUnavailableException] when the store does not answer.
public interface KeyPackageStore {
    /// Kinds of one client: the suites of RFC 9420 and some unchecked versions. KeyPackages of
    /// further kinds are refused as too many.
    int KINDS_MAX = 16;

    /// Distinct features of one client's KeyPackages: more than the number of its releases during a
    /// KeyPackage lifetime.
    int FEATURES_MAX = 16;

    /// KeyPackages of one client of all kinds: two suites of 1,000.
    int PACKAGES_MAX = 2_000;

    /// Stored bytes of one client's KeyPackages: 2,000 of 4 KiB.
    int PACKAGE_BYTES_MAX = 8 << 20;

    /// KeyPackages and bytes that one script stores: a few milliseconds of Redis.
    int STEP_MAX = 64;

    /// KeyPackages that can replace others, in one step.
    int REPLACE_COUNT_MAX = 128;

    int SCRIPT_BYTES_MAX = 256 << 10;

    /// Refs of one client that are stored until they expire: 200 a day with lifetimes of 100 days.
    /// An init_key is remembered for each.
    int REFS_MAX = 20_000;

    /// Devices of one user that have published. A claim reads each of them.
    int DEVICES_MAX = 100;

    /// Minimum time that the result of [#joining] is stored: longer than a Welcome waits and an
    /// inbox item lives.
    Duration JOINING_TTL_MIN = Duration.ofDays(31);

    /// Adds the KeyPackages whose refs were never published here before. A last resort replaces the
    /// client's earlier one of the same kind. A failed call can be repeated: what it stored is then
    /// a duplicate, and the rest is stored. One step stores at most [#STEP_MAX] KeyPackages and
    /// [#SCRIPT_BYTES_MAX] bytes; more take several steps. KeyPackages beyond one of the limits
    /// above are refused as too many. One whose init_key another KeyPackage of the client has, and
    /// that has not expired, is refused, too, whether the other was handed out or deleted.
    ///
    /// @return one outcome per package, in order; fails with
    ///     [io.lockstep.auth.DeviceRevokedException] and stores nothing when a revocation ended the
    ///     grant
    Mono<List<PublishStatus>> publish(PublishRequest request);

    /// Charges a user for the checks of an upload. All nodes share the charge, which is not durable.
    ///
    /// @param units as in [KeyPackageLimits#CHECK_UNITS_MAX]; 0 only asks
    /// @return how long the user must wait before its next upload; zero when it need not
    Mono<Duration> chargeUpload(String user, int units);

    /// Hands out one of the client's KeyPackages, of the first kind that has a match. It prefers
    /// the unexpired single-use one that expires first, and of several the oldest; else it takes
    /// the last resort. A single-use one is never handed out again. The store's own clock decides
    /// the expiry.
    ///
    /// @param lastResortOnly excludes single-use ones
    Mono<ClaimOutcome> claim(ClientId owner, ClaimRequest request, boolean lastResortOnly);

    /// Devices of the user that have published and were not removed.
    Mono<Set<String>> devices(String user);

    /// The number of remaining KeyPackages, for every kind that the client ever published.
    Mono<Map<KeyPackageKind, KeyPackageCount>> count(ClientId owner);

    /// Deletes KeyPackages permanently. Their refs stay reserved.
    ///
    /// @return number of deleted KeyPackages
    Mono<Long> delete(ClientId owner, DeletionScope which);

    /// Deletes the KeyPackages of a device and its entry among the user's devices. Its refs stay
    /// reserved.
    Mono<Void> removeDevice(ClientId device);

    /// Deletes all that is stored of a user: the KeyPackages of these devices, their refs, its claim
    /// policy. Refs are not reserved any more, so owners of KeyPackages that were handed out are
    /// unknown. The list of its revoked devices stays; their refs are deleted, too.
    ///
    /// @param devices all that have published, and others
    Mono<Void> removeUser(String user, Set<String> devices);

    /// The owners of the KeyPackages with these refs, handed out or not; known until their expiry.
    /// Unknown refs, and those of KeyPackages that were offered and not stored, are absent.
    Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs);

    /// The clients that a Welcome of this group adds. The result is stored for [#JOINING_TTL_MIN]
    /// at least, so that [#owners] returns the same when the Welcome is delivered. A single-use
    /// KeyPackage is valid for one group (RFC 9420 §10): the first one of a call. The call comes
    /// before the append, so of commits of two groups at once one is refused. It stays with its
    /// group whatever becomes of the commit, for as long as its ref is known.
    Mono<WelcomeRecipients> joining(GroupId group, Collection<Bytes> refs);

    /// The clients among these that are revoked devices and have not published since. The cost
    /// grows with the number of users that have revoked a device, not with the number of users.
    Mono<Set<ClientId>> gone(Collection<ClientId> clients);

    /// The users among `owners` whose claim policy does not let the requester claim or add. The
    /// cost grows with the number of those that have set a policy.
    Mono<Set<String>> refusing(String requester, Collection<String> owners);

    /// Which users may claim from the user; [ClaimPolicy#ANYONE] when it set no policy.
    Mono<ClaimPolicy> claimPolicy(String user);

    Mono<Void> claimPolicy(String user, ClaimPolicy policy);

    /// Notifies all nodes that the client has few KeyPackages left, or that its last resort was
    /// used.
    Mono<Void> announceLow(ClientId owner);

    /// Clients of such notices from any node: a hint to read the count. It may repeat, and may be
    /// lost while the store is unreachable.
    Flux<ClientId> low();

    /// The outcome of one published KeyPackage.
    enum PublishStatus {
        STORED,
        DUPLICATE,
        TOO_MANY,
        INIT_KEY_REUSED
    }
}
