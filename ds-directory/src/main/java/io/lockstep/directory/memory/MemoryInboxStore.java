package io.lockstep.directory.memory;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.Mail;
import io.lockstep.wire.Bytes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Inboxes in maps.
public final class MemoryInboxStore implements InboxStore {
    private final ConcurrentHashMap<ClientId, Map<Bytes, Mail>> inboxes = new ConcurrentHashMap<>();
    private final Sinks.Many<ClientId> filed = Sinks.many().multicast().directBestEffort();

    @Override
    public Mono<Void> file(Map<ClientId, List<Mail>> mail) {
        return Mono.fromRunnable(() ->
                mail.forEach((client, pieces) -> {
                    inboxes.compute(client, (_, inbox) -> with(inbox, pieces));
                    tell(client);
                }));
    }

    private static Map<Bytes, Mail> with(@Nullable Map<Bytes, Mail> inbox, List<Mail> pieces) {
        var next = inbox == null ? new LinkedHashMap<Bytes, Mail>() : new LinkedHashMap<>(inbox);
        pieces.forEach(piece -> next.putIfAbsent(piece.id(), piece));
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
        return Mono.fromSupplier(
                () -> List.copyOf(inboxes.getOrDefault(client, Map.of()).values()));
    }

    @Override
    public Mono<Void> acknowledge(ClientId client, Collection<Bytes> ids) {
        return Mono.fromRunnable(() ->
                inboxes.computeIfPresent(
                        client,
                        (_, inbox) -> {
                            var next = new LinkedHashMap<>(inbox);
                            ids.forEach(next::remove);
                            return next;
                        }));
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
