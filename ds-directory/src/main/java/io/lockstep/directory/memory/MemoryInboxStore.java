package io.lockstep.directory.memory;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.wire.Bytes;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// [InboxStore] in maps, under one lock.
public final class MemoryInboxStore implements InboxStore {
    private final InstantSource clock;
    private final Map<ClientId, MemoryInbox> inboxes = new HashMap<>();
    private final Sinks.Many<ClientId> filed = Sinks.many().multicast().directBestEffort();
    private long lastNumber;

    public MemoryInboxStore() {
        this(InstantSource.system());
    }

    /// @param clock decides which items have expired
    public MemoryInboxStore(InstantSource clock) {
        this.clock = clock;
    }

    private <T> Mono<T> locked(Supplier<T> action) {
        return Mono.fromSupplier(() -> {
            synchronized (this) {
                return action.get();
            }
        });
    }

    @Override
    public Mono<Void> file(Bytes sender, Map<ClientId, List<InboxItem>> items) {
        return Mono.fromRunnable(() ->
                items.forEach((client, added) -> {
                    synchronized (this) {
                        var inbox = inboxes.computeIfAbsent(client, _ -> new MemoryInbox());
                        inbox.prune(clock.millis());
                        long expires = clock.millis() + ITEM_TTL.toMillis();
                        added.forEach(item -> inbox.file(++lastNumber, sender, item, expires));
                    }
                    tell(client);
                }));
    }

    @Override
    public Mono<Set<ClientId>> shareUsed(Bytes sender, Collection<ClientId> clients) {
        return locked(() ->
                clients.stream()
                        .filter(client -> of(client).isShareUsed(sender))
                        .collect(Collectors.toSet()));
    }

    private void tell(ClientId client) {
        synchronized (filed) {
            // A hint: a slow or absent subscriber reads the inbox itself.
            var _ = filed.tryEmitNext(client);
        }
    }

    private MemoryInbox of(ClientId client) {
        var inbox = inboxes.getOrDefault(client, new MemoryInbox());
        inbox.prune(clock.millis());
        return inbox;
    }

    @Override
    public Mono<InboxPage> page(ClientId client, long after) {
        return locked(() -> of(client).page(after));
    }

    @Override
    public Mono<InboxItem> item(ClientId client, Bytes id) {
        return locked(() -> of(client).item(id)).flatMap(Mono::justOrEmpty);
    }

    @Override
    public Mono<Long> acknowledge(ClientId client, Set<Bytes> ids) {
        return locked(() -> of(client).remove(ids));
    }

    @Override
    public Mono<InboxSummary> summary(ClientId client) {
        return locked(() -> of(client).summary());
    }

    @Override
    public Mono<Void> clear(ClientId client) {
        return locked(() -> inboxes.remove(client)).then();
    }

    @Override
    public Flux<ClientId> filed() {
        return filed.asFlux();
    }
}
