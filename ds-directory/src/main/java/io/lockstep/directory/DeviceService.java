package io.lockstep.directory;

import io.lockstep.auth.AuthenticationUnavailableException;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import reactor.core.publisher.Mono;

/// The devices of a user. Revoking one ends its sessions and its tokens first; what the directory holds of
/// it goes after that, so that nothing is published or fetched again behind our back.
///
/// Every step may be done twice: after a failure, revoking again finishes what was begun.
public final class DeviceService {
    private final RevocationStore revocations;
    private final KeyPackageStore keyPackages;
    private final InboxStore inboxes;
    private final InstantSource clock;

    public DeviceService(
            RevocationStore revocations,
            KeyPackageStore keyPackages,
            InboxStore inboxes,
            InstantSource clock) {
        this.revocations = revocations;
        this.keyPackages = keyPackages;
        this.inboxes = inboxes;
        this.clock = clock;
    }

    /// Those that published, sorted by name. Fails with [DirectoryUnavailableException].
    public Mono<List<String>> of(String user) {
        return keyPackages.devices(user).map(devices -> devices.stream().sorted().toList());
    }

    /// Fails with [DirectoryUnavailableException]: then the device may or may not be revoked.
    ///
    /// @return false when the device never published and the user has revoked as many as can be
    public Mono<Boolean> revoke(ClientId device) {
        return Mono.defer(() -> {
            var now = Instant.ofEpochMilli(clock.millis());
            return keyPackages
                    .devices(device.user())
                    .map(devices -> devices.contains(device.device()))
                    .flatMap(known -> revocations.revoke(new Revocation(device, now), known))
                    .onErrorMap(
                            AuthenticationUnavailableException.class,
                            e -> new DirectoryUnavailableException("revoke a device", e))
                    .flatMap(revoked ->
                            revoked
                                    ? keyPackages
                                            .removeDevice(device)
                                            .then(inboxes.clear(device))
                                            .thenReturn(true)
                                    : Mono.just(false));
        });
    }
}
