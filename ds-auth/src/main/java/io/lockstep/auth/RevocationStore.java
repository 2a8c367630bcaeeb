package io.lockstep.auth;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Stores which devices were revoked, for all nodes. Every implementation passes
/// `RevocationStoreContract`. A Mono fails with [AuthenticationUnavailableException] when the store
/// does not answer. The outcome of [#revoke] is then unknown, and it can be repeated safely.
public interface RevocationStore {
    /// How many devices of one user can be revoked whose existence is unknown: more than any user
    /// has, and a bound for what one user can store.
    int PER_USER_MAX = 1_000;

    /// Revokes a device and notifies all nodes. The later of two revocations counts.
    ///
    /// @param known true when the device is known to exist: it is revoked regardless of the number
    ///     of others. Otherwise a stolen device could use up the limit with invented names.
    /// @return completes when durable; false when the user has revoked [#PER_USER_MAX] others
    Mono<Boolean> revoke(Revocation revocation, boolean known);

    /// The last revocation of the device.
    ///
    /// @return empty when it was never revoked
    Mono<Revocation> of(ClientId client);

    /// The revocations on any node since about the time of the subscription. They may repeat.
    /// Revocations during an outage of the store follow when it is back.
    Flux<Revocation> notices();
}
