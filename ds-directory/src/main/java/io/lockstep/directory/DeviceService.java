package io.lockstep.directory;

import io.lockstep.auth.AuthenticationUnavailableException;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeSet;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Lists and revokes the devices of a user, and deletes a user's account. A revocation first ends the sessions and tokens of the
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

    /// Deletes what the directory stores of the client's user: KeyPackages, mail and claim policy. It
    /// keeps which devices were revoked. The groups of the user are not known here: it stays on
    /// their rosters. Fails with [DirectoryUnavailableException]; a second call completes the first.
    public Mono<Void> deleteAccount(ClientId client) {
        var user = client.user();
        return keyPackages
                .devices(user)
                .flatMap(published -> {
                    var devices = new TreeSet<>(published);
                    devices.add(client.device());
                    // The devices are listed until the end, so a second call finds them.
                    return Flux.fromIterable(devices)
                            .concatMap(device -> inboxes.clear(new ClientId(user, device)))
                            .then(keyPackages.removeUser(user, devices));
                });
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
