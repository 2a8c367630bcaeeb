package io.lockstep.auth;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Which devices were revoked, over all nodes. Every implementation passes `RevocationStoreContract`. A Mono
/// fails with [AuthenticationUnavailableException] when the store does not answer; of [#revoke] the outcome
/// is then unknown, and doing it again does no harm.
public interface RevocationStore {
    /// How many devices of one user can be revoked of which nobody knows whether there are any: more than
    /// anybody has, and a bound for what a user can store.
    int PER_USER_MAX = 1_000;

    /// Revokes a device, and tells all nodes. The later of two revocations counts.
    ///
    /// @param known that there is such a device: it is revoked however many others were, or a stolen device
    ///     could use up what there is with names that it makes up
    /// @return completes when durable; false when the user has revoked [#PER_USER_MAX] others
    Mono<Boolean> revoke(Revocation revocation, boolean known);

    /// When the device was revoked last.
    ///
    /// @return empty when it never was
    Mono<Revocation> of(ClientId client);

    /// What was revoked since about the subscription, on whichever node, soon. May repeat; what happens
    /// while the store is out of reach follows when it is back.
    Flux<Revocation> news();
}
