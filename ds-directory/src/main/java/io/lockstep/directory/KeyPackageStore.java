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

/// Keeps KeyPackages and hands each out at most once over all nodes (invariant I6). Every
/// implementation passes `KeyPackageStoreContract`. A Mono fails with
/// [DirectoryUnavailableException] when the store does not answer.
public interface KeyPackageStore {
    /// Shelves of one client: the suites of RFC 9420, and some other versions, which nobody checks. What it
    /// publishes to further ones is too many.
    int SHELVES_MAX = 16;

    /// Different features among a client's KeyPackages: more than its releases in a lifetime.
    int FEATURES_MAX = 16;

    /// KeyPackages of one client on all shelves: two suites of 1,000.
    int PACKAGES_MAX = 2_000;

    /// Bytes of one client's KeyPackages as they lie in the store: 2,000 of 4 KiB.
    int PACKAGE_BYTES_MAX = 8 << 20;

    /// KeyPackages, and their bytes, that are stored in one step: what Redis takes in a few milliseconds.
    int STEP_MAX = 64;

    /// KeyPackages that can replace others, in one step.
    int REPLACING_MAX = 128;

    int STEP_BYTES_MAX = 256 << 10;

    /// Refs that are remembered of one client until they expire: 200 a day of lifetimes of 100 days.
    int REFS_MAX = 20_000;

    /// Devices of one user that have published. A claim asks each of them.
    int DEVICES_MAX = 100;

    /// How long [#joining] is remembered at least: longer than a Welcome waits, and than its mail.
    Duration JOINING_MIN = Duration.ofDays(31);

    /// Adds those whose refs were never published here before. A last resort replaces the
    /// client's earlier one of the same shelf. A call that failed can be repeated: what it stored is then a
    /// duplicate, what it did not is stored. So many as [#STEP_MAX] and [#STEP_BYTES_MAX] say are stored in one
    /// step, more in several. What goes beyond one of the limits above is too many.
    ///
    /// @return one outcome per package, in order; fails with [io.lockstep.auth.DeviceRevokedException], and
    ///     nothing is stored, when a revocation ended the grant
    Mono<List<PublishStatus>> publish(PublishRequest publication);

    /// Hands out one of the client's KeyPackages of the first shelf that has one as asked for: of the
    /// unexpired single-use ones that which ends soonest, of these the oldest, else the last resort. A
    /// handed-out single-use one is never handed out again. The store's own clock tells what has expired.
    ///
    /// @param lastResortOnly single-use ones are left alone
    Mono<ClaimOutcome> claim(ClientId owner, ClaimRequest wanted, boolean lastResortOnly);

    /// Devices of the user that ever published and were not removed.
    Mono<Set<String>> devices(String user);

    /// What is left, for every shelf that the client ever published to.
    Mono<Map<KeyPackageKind, KeyPackageCount>> count(ClientId owner);

    /// Takes KeyPackages off their shelves for good: their refs stay taken.
    ///
    /// @return how many there were
    Mono<Long> delete(ClientId owner, DeletionScope which);

    /// Deletes what a device published, and forgets that it ever did. Its refs stay taken.
    Mono<Void> removeDevice(ClientId device);

    /// Whose KeyPackages these refs are, handed out or not; remembered until their expiry. Unknown ones, and those
    /// of what was offered and not stored, are absent.
    Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs);

    /// Whom a Welcome of this group brings in. What is found is remembered for [#JOINING_MIN] at least, so that
    /// [#owners] finds the same when the Welcome is delivered. A single-use KeyPackage is good for one group
    /// (RFC 9420 §10): the first that asks here.
    Mono<WelcomeRecipients> joining(GroupId group, Collection<Bytes> refs);

    /// Which of these clients are devices that were revoked and have not published anything since. Thousands of
    /// users that have revoked nothing are asked for at the cost of a few.
    Mono<Set<ClientId>> gone(Collection<ClientId> clients);

    /// Whom the user lets claim; [ClaimPolicy#ANYONE] when it never said.
    Mono<ClaimPolicy> claimPolicy(String user);

    Mono<Void> claimPolicy(String user, ClaimPolicy policy);

    /// Tells all nodes that the client's KeyPackages run low.
    Mono<Void> announceLow(ClientId owner);

    /// Clients of whom that was told, on whichever node: a hint to look. May repeat, may be lost while the
    /// store is out of reach.
    Flux<ClientId> low();

    /// What became of one published KeyPackage.
    enum PublishStatus {
        STORED,
        DUPLICATE,
        TOO_MANY
    }
}
