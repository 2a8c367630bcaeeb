package io.lockstep.directory.memory;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.Mail;
import io.lockstep.wire.Bytes;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Inboxes in maps.
public final class MemoryInboxStore implements InboxStore {
    private final InstantSource clock;
    private final ConcurrentHashMap<ClientId, Map<Bytes, Filed>> inboxes =
            new ConcurrentHashMap<>();
    private final Sinks.Many<ClientId> filed = Sinks.many().multicast().directBestEffort();

    private record Filed(Mail mail, long expiresMillis) {}

    public MemoryInboxStore() {
        this(InstantSource.system());
    }

    /// @param clock tells when mail is too old
    public MemoryInboxStore(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public Mono<Void> file(Map<ClientId, List<Mail>> mail) {
        return Mono.fromRunnable(() ->
                mail.forEach((client, pieces) -> {
                    inboxes.compute(client, (_, inbox) -> with(inbox, pieces));
                    tell(client);
                }));
    }

    private Map<Bytes, Filed> with(@Nullable Map<Bytes, Filed> inbox, List<Mail> pieces) {
        var next = inbox == null ? new LinkedHashMap<Bytes, Filed>() : new LinkedHashMap<>(inbox);
        next.values().removeIf(filed -> filed.expiresMillis() <= clock.millis());
        long expires = clock.millis() + MAIL_LIFE.toMillis();
        pieces.forEach(piece -> next.putIfAbsent(piece.id(), new Filed(piece, expires)));
        return next;
    }

    private void tell(ClientId client) {
        synchronized (filed) {
            // A hint: who does not keep up, or is not there, looks for itself.
            var _ = filed.tryEmitNext(client);
        }
    }

    @Override
    public Mono<List<Mail>> list(ClientId client) {
        return Mono.fromSupplier(() ->
                inboxes.getOrDefault(client, Map.of()).values().stream()
                        .filter(filed -> filed.expiresMillis() > clock.millis())
                        .map(Filed::mail)
                        .toList());
    }

    @Override
    public Mono<Long> acknowledge(ClientId client, Set<Bytes> ids) {
        return Mono.fromSupplier(() -> {
            var gone = new AtomicLong();
            inboxes.computeIfPresent(
                    client,
                    (_, inbox) -> {
                        var next = new LinkedHashMap<>(inbox);
                        next.keySet().removeAll(ids);
                        gone.set((long) inbox.size() - next.size());
                        return next;
                    });
            return gone.get();
        });
    }

    @Override
    public Mono<Void> clear(ClientId client) {
        return Mono.fromRunnable(() -> inboxes.remove(client));
    }

    @Override
    public Flux<ClientId> filed() {
        return filed.asFlux();
    }
}
