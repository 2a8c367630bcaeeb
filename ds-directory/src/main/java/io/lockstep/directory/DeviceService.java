package io.lockstep.directory;

import io.lockstep.auth.AuthenticationUnavailableException;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import reactor.core.publisher.Mono;

/// Lists and revokes the devices of a user. A revocation first ends the sessions and tokens of the
/// device and then deletes its data from the directory, so the device cannot publish or fetch in
/// between.
///
/// Every step is idempotent: after a failure, a second revocation completes the first.
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

    /// The devices that published, sorted by name. Fails with [DirectoryUnavailableException].
    public Mono<List<String>> of(String user) {
        return keyPackages.devices(user).map(devices -> devices.stream().sorted().toList());
    }

    /// Fails with [DirectoryUnavailableException]: then the device may or may not be revoked.
    ///
    /// @return false when the device never published and the user has revoked the maximum of
    ///     devices
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
