package io.lockstep.auth.memory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A [RevocationStore] in maps, without persistence.
public final class MemoryRevocationStore implements RevocationStore {
    /// By user, then by device.
    private final Map<String, Map<String, Instant>> users = new ConcurrentHashMap<>();

    private final Sinks.Many<Revocation> notices = Sinks.many().multicast().directBestEffort();

    @Override
    public Mono<Boolean> revoke(Revocation revocation, boolean known) {
        return Mono.fromSupplier(() -> {
            if (!put(revocation, known)) {
                return false;
            }
            synchronized (notices) {
                var _ = notices.tryEmitNext(revocation);
            }
            return true;
        });
    }

    private boolean put(Revocation revocation, boolean known) {
        var client = revocation.client();
        var devices = users.computeIfAbsent(client.user(), _ -> new ConcurrentHashMap<>());
        synchronized (devices) {
            if (!known && devices.size() >= PER_USER_MAX && !devices.containsKey(client.device())) {
                return false;
            }
            devices.merge(client.device(), revocation.at(), (a, b) -> a.isAfter(b) ? a : b);
            return true;
        }
    }

    @Override
    public Mono<Revocation> of(ClientId client) {
        return Mono.fromSupplier(() -> users.getOrDefault(client.user(), Map.of()))
                .mapNotNull(devices -> devices.get(client.device()))
                .map(at -> new Revocation(client, at));
    }

    @Override
    public Flux<Revocation> notices() {
        return notices.asFlux();
    }
}
