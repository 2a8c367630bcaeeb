package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.time.Instant;
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

    /// Adds, in one step, those whose refs were never published here before. A last resort replaces the
    /// client's earlier one of the same shelf. A call that failed can be repeated: what it stored is then a
    /// duplicate, what it did not is stored.
    ///
    /// @param replace what else lies on the shelves of these packages goes in the same step, and one that
    ///     lies there already stays
    /// @param countMax how many single-use ones a client may hold per shelf
    /// @return one outcome per package, in order
    Mono<List<Published>> publish(
            ClientId owner, List<Offer> offers, boolean replace, int countMax, Instant now);

    /// Hands out one of the client's KeyPackages of the first shelf that has one as asked for: the oldest
    /// unexpired single-use one, else the last resort. A handed-out single-use one is never handed out again.
    Mono<HandOut> claim(ClientId owner, Wanted wanted, Instant now);

    /// Devices of the user that ever published and were not removed.
    Mono<Set<String>> devices(String user);

    /// What is left, for every shelf that the client ever published to.
    Mono<Map<Shelf, Left>> count(ClientId owner, Instant now);

    /// Takes KeyPackages off their shelves for good: their refs stay taken.
    ///
    /// @return how many there were
    Mono<Long> delete(ClientId owner, Deletion which);

    /// Deletes what a device published, and forgets that it ever did. Its refs stay taken.
    Mono<Void> removeDevice(ClientId device);

    /// Whose KeyPackages these refs are, handed out or not; remembered until their expiry. Unknown ones
    /// are absent.
    Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs);

    /// Whom the user lets claim; [ClaimPolicy#ANYONE] when it never said.
    Mono<ClaimPolicy> claimPolicy(String user);

    Mono<Void> claimPolicy(String user, ClaimPolicy policy);

    /// Tells all nodes that the client's KeyPackages run low.
    Mono<Void> announceLow(ClientId owner);

    /// Clients of whom that was told, on whichever node: a hint to look. May repeat, may be lost while the
    /// store is out of reach.
    Flux<ClientId> low();

    /// What became of one published KeyPackage.
    enum Published {
        STORED,
        DUPLICATE,
        TOO_MANY
    }
}
