package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.wire.Bytes;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The requests of clients about KeyPackages. An implementation parses and checks the bytes and
/// then uses the [KeyPackageStore]. A Mono fails with [DirectoryUnavailableException] when the
/// store does not answer. One that publishes fails with [io.lockstep.auth.DeviceRevokedException]
/// when the device was revoked meanwhile.
public interface KeyPackageDirectory {
    /// @param body one or several concatenated MLSMessages with KeyPackages, or bare KeyPackages
    Mono<PublishResult> publish(TokenGrant owner, Bytes body);

    /// Like [#publish], and deletes all others of the same kinds in the same step. When a check
    /// refuses one of them, nothing changes.
    Mono<PublishResult> replace(TokenGrant owner, Bytes body);

    /// Stores one KeyPackage of a version other than MLS 1.0 without parsing it.
    Mono<PublishResult> publishOpaque(TokenGrant owner, int version, Bytes body);

    /// Claims at most one KeyPackage for each of the user's devices.
    ///
    /// @param device claims only from this device
    Mono<ClaimResult> claim(
            ClientId requester, String user, Optional<String> device, ClaimRequest request);

    /// Claims for many users at once.
    Mono<BulkClaimResult> claimAll(
            ClientId requester, Collection<String> users, ClaimRequest request);

    /// The number of remaining KeyPackages of the client, for every kind that it ever published.
    Mono<Map<KeyPackageKind, KeyPackageCount>> count(ClientId owner);

    /// @return number of deleted KeyPackages
    Mono<Long> delete(ClientId owner, DeletionScope which);

    Mono<ClaimPolicy> claimPolicy(String user);

    Mono<Void> claimPolicy(String user, ClaimPolicy policy);

    /// The suites of which the client has no more single-use ones than the low-water mark, or whose
    /// last resort was handed out.
    Mono<Map<Integer, KeyPackageCount>> low(ClientId owner);

    /// Clients whose KeyPackages just reached the low-water mark, or whose last resort was just
    /// handed out for the first time: a notice to call [#low].
    Flux<ClientId> runningLow();
}
