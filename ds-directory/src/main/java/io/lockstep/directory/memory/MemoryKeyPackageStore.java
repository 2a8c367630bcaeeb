package io.lockstep.directory.memory;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.Deletion;
import io.lockstep.directory.HandOut;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.Left;
import io.lockstep.directory.Offer;
import io.lockstep.directory.Shelf;
import io.lockstep.directory.Wanted;
import io.lockstep.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// KeyPackages in maps, under one lock. It forgets no ref, so it is for tests and short lives.
public final class MemoryKeyPackageStore implements KeyPackageStore {
    private final Map<Bytes, ClientId> owners = new HashMap<>();
    private final Map<ClientId, Map<Shelf, MemoryShelf>> shelves = new HashMap<>();
    private final Map<String, ClaimPolicy> policies = new HashMap<>();
    private final Sinks.Many<ClientId> low = Sinks.many().multicast().directBestEffort();

    private <T> Mono<T> locked(Supplier<T> action) {
        return Mono.fromSupplier(() -> {
            synchronized (this) {
                return action.get();
            }
        });
    }

    @Override
    public Mono<List<Published>> publish(
            ClientId owner, List<Offer> offers, boolean replace, int countMax, Instant now) {
        return locked(() -> {
            if (replace) {
                clearFor(owner, offers);
            }
            var seen = new HashSet<Bytes>();
            var outcomes = new ArrayList<Published>();
            for (var offer : offers) {
                outcomes.add(publish(owner, offer, replace, seen, countMax));
            }
            return outcomes;
        });
    }

    private void clearFor(ClientId owner, List<Offer> offers) {
        var staying =
                offers.stream().map(offer -> offer.keyPackage().ref()).collect(Collectors.toSet());
        for (var offer : offers) {
            shelf(owner, offer.keyPackage().shelf()).removeIf(ref -> !staying.contains(ref));
        }
    }

    private Published publish(
            ClientId owner, Offer offer, boolean replace, Set<Bytes> seen, int countMax) {
        var published = offer.keyPackage();
        var shelf = shelf(owner, published.shelf());
        if (!seen.add(published.ref())) {
            return Published.DUPLICATE;
        }
        if (owners.containsKey(published.ref())) {
            return replace && shelf.has(published.ref()) ? Published.STORED : Published.DUPLICATE;
        }
        if (ofOwner(owner).size() > SHELVES_MAX) {
            ofOwner(owner).remove(published.shelf());
            return Published.TOO_MANY;
        }
        if (!shelf.add(offer, countMax)) {
            return Published.TOO_MANY;
        }
        owners.put(published.ref(), owner);
        return Published.STORED;
    }

    private MemoryShelf shelf(ClientId owner, Shelf shelf) {
        return ofOwner(owner).computeIfAbsent(shelf, _ -> new MemoryShelf());
    }

    private Map<Shelf, MemoryShelf> ofOwner(ClientId owner) {
        return shelves.computeIfAbsent(owner, _ -> new TreeMap<>());
    }

    @Override
    public Mono<HandOut> claim(ClientId owner, Wanted wanted, Instant now) {
        return locked(() -> {
            var all = shelves.getOrDefault(owner, Map.of());
            for (var name : wanted.shelves()) {
                var shelf = all.getOrDefault(name, new MemoryShelf());
                var needed =
                        name.isOpaque() ? io.lockstep.directory.Features.NONE : wanted.needed();
                var taken = shelf.take(needed, now);
                if (taken.isPresent()) {
                    return new HandOut.Found(taken.get(), shelf.left(now).singleUse());
                }
            }
            return all.values().stream().allMatch(shelf -> shelf.isEmpty(now))
                    ? new HandOut.Exhausted()
                    : new HandOut.NothingCompatible();
        });
    }

    @Override
    public Mono<Set<String>> devices(String user) {
        return locked(() ->
                shelves.keySet().stream()
                        .filter(client -> client.user().equals(user))
                        .map(ClientId::device)
                        .collect(Collectors.toSet()));
    }

    @Override
    public Mono<Map<Shelf, Left>> count(ClientId owner, Instant now) {
        return locked(() -> {
            var counts = new TreeMap<Shelf, Left>();
            shelves.getOrDefault(owner, Map.of())
                    .forEach((name, shelf) -> counts.put(name, shelf.left(now)));
            return counts;
        });
    }

    @Override
    public Mono<Long> delete(ClientId owner, Deletion which) {
        return locked(() -> {
            var all = shelves.getOrDefault(owner, Map.of());
            return switch (which) {
                case Deletion.All() ->
                        all.values().stream().mapToLong(shelf -> shelf.removeIf(_ -> true)).sum();
                case Deletion.OfShelf(var name) ->
                        all.getOrDefault(name, new MemoryShelf()).removeIf(_ -> true);
                case Deletion.OfRef(var ref) ->
                        all.values().stream().mapToLong(shelf -> shelf.removeIf(ref::equals)).sum();
            };
        });
    }

    @Override
    public Mono<Void> removeDevice(ClientId device) {
        return locked(() -> shelves.remove(device)).then();
    }

    @Override
    public Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs) {
        return locked(() -> {
            var found = new HashMap<Bytes, ClientId>();
            for (var ref : refs) {
                var owner = owners.get(ref);
                if (owner != null) {
                    found.put(ref, owner);
                }
            }
            return found;
        });
    }

    @Override
    public Mono<ClaimPolicy> claimPolicy(String user) {
        return locked(() -> policies.getOrDefault(user, ClaimPolicy.ANYONE));
    }

    @Override
    public Mono<Void> claimPolicy(String user, ClaimPolicy policy) {
        return locked(() -> policies.put(user, policy)).then();
    }

    @Override
    public Mono<Void> announceLow(ClientId owner) {
        return Mono.fromRunnable(() -> {
            synchronized (low) {
                var _ = low.tryEmitNext(owner);
            }
        });
    }

    @Override
    public Flux<ClientId> low() {
        return low.asFlux();
    }
}
