package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import reactor.core.publisher.Mono;

/// Keeps KeyPackages and hands each out at most once over all nodes (invariant I6). Every
/// implementation passes `KeyPackageStoreContract`. A Mono fails with
/// [DirectoryUnavailableException] when the store does not answer.
public interface KeyPackageStore {
    /// Adds those whose refs were never published here before. A last resort replaces the client's
    /// earlier one of the same suite.
    ///
    /// @param countMax how many single-use ones a client may hold per suite
    /// @return one outcome per package, in order
    Mono<List<Published>> publish(ClientId owner, List<StoredKeyPackage> packages, int countMax);

    /// Hands out one of the client's KeyPackages of the first suite that has one: the oldest unexpired
    /// single-use one, else the last resort. A handed-out single-use one is never handed out again.
    ///
    /// @param suites in order of preference
    Mono<Optional<StoredKeyPackage>> claim(ClientId owner, List<Integer> suites, Instant now);

    /// Devices of the user that ever published.
    Mono<Set<String>> devices(String user);

    /// Deletes what a device published, and forgets that it ever did. Its refs stay taken.
    Mono<Void> removeDevice(ClientId device);

    /// How many single-use ones are left, per suite.
    Mono<Map<Integer, Long>> count(ClientId owner);

    /// Whose KeyPackages these refs are, handed out or not; remembered until their expiry. Unknown ones
    /// are absent.
    Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs);

    /// What became of one published KeyPackage.
    enum Published {
        STORED,
        DUPLICATE,
        TOO_MANY
    }
}
