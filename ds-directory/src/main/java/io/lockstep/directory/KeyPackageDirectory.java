package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.wire.Bytes;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What clients ask of the directory about KeyPackages: reads and checks the bytes, then uses the
/// [KeyPackageStore]. A Mono fails with [DirectoryUnavailableException] when the store does not answer, and
/// those that publish with [io.lockstep.auth.DeviceRevokedException] when the device was revoked meanwhile.
public interface KeyPackageDirectory {
    /// @param body one or several concatenated MLSMessages with KeyPackages, or bare KeyPackages
    Mono<PublishResult> publish(TokenGrant owner, Bytes body);

    /// Like [#publish], and what else lies on the shelves of these KeyPackages goes in the same step. When one
    /// of them is refused by a check, nothing is changed.
    Mono<PublishResult> replace(TokenGrant owner, Bytes body);

    /// Stores one KeyPackage of another version than MLS 1.0 as it is, unread.
    Mono<PublishResult> publishOpaque(TokenGrant owner, int version, Bytes body);

    /// At most one KeyPackage for each of the user's devices.
    ///
    /// @param device limits it to this device
    Mono<ClaimResult> claim(
            ClientId requester, String user, Optional<String> device, ClaimRequest wanted);

    /// Claims for many users at once.
    Mono<BulkClaimResult> claimAll(
            ClientId requester, Collection<String> users, ClaimRequest wanted);

    /// What the client has left, for every shelf that it ever published to.
    Mono<Map<KeyPackageKind, KeyPackageCount>> count(ClientId owner);

    /// @return how many there were
    Mono<Long> delete(ClientId owner, DeletionScope which);

    Mono<ClaimPolicy> claimPolicy(String user);

    Mono<Void> claimPolicy(String user, ClaimPolicy policy);

    /// The suites of which the client has as few single-use ones left as the low-water mark, or fewer.
    Mono<Map<Integer, Long>> low(ClientId owner);

    /// Clients whose KeyPackages just ran low: a hint to ask [#low].
    Flux<ClientId> runningLow();
}
