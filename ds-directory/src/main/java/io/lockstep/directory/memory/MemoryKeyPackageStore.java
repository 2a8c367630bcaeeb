package io.lockstep.directory.memory;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.wire.Bytes;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import reactor.core.publisher.Mono;

/// KeyPackages in maps, under one lock. It forgets no ref, so it is for tests and short lives.
public final class MemoryKeyPackageStore implements KeyPackageStore {
    private final Map<Bytes, ClientId> owners = new HashMap<>();
    private final Map<ClientId, Map<Integer, Shelf>> shelves = new HashMap<>();

    @Override
    public Mono<List<Published>> publish(
            ClientId owner, List<StoredKeyPackage> packages, int countMax) {
        return Mono.fromSupplier(() -> {
            var outcomes = new ArrayList<Published>();
            synchronized (this) {
                for (var published : packages) {
                    outcomes.add(publish(owner, published, countMax));
                }
            }
            return outcomes;
        });
    }

    private Published publish(ClientId owner, StoredKeyPackage published, int countMax) {
        if (owners.containsKey(published.ref())) {
            return Published.DUPLICATE;
        }
        var shelf =
                shelves.computeIfAbsent(owner, _ -> new TreeMap<>())
                        .computeIfAbsent(published.suite(), _ -> new Shelf());
        if (published.lastResort()) {
            shelf.lastResort = Optional.of(published);
        } else if (shelf.singleUse.size() >= countMax) {
            return Published.TOO_MANY;
        } else {
            shelf.singleUse.addLast(published);
        }
        owners.put(published.ref(), owner);
        return Published.STORED;
    }

    @Override
    public Mono<Optional<StoredKeyPackage>> claim(
            ClientId owner, List<Integer> suites, Instant now) {
        return Mono.fromSupplier(() -> {
            synchronized (this) {
                var ofOwner = shelves.getOrDefault(owner, Map.of());
                return suites.stream()
                        .map(suite -> ofOwner.getOrDefault(suite, new Shelf()).take(now))
                        .flatMap(Optional::stream)
                        .findFirst();
            }
        });
    }

    @Override
    public Mono<Set<String>> devices(String user) {
        return Mono.fromSupplier(() -> {
            var devices = new HashSet<String>();
            synchronized (this) {
                for (var client : shelves.keySet()) {
                    if (client.user().equals(user)) {
                        devices.add(client.device());
                    }
                }
            }
            return devices;
        });
    }

    @Override
    public Mono<Void> removeDevice(ClientId device) {
        return Mono.fromRunnable(() -> {
            synchronized (this) {
                shelves.remove(device);
            }
        });
    }

    @Override
    public Mono<Map<Integer, Long>> count(ClientId owner) {
        return Mono.fromSupplier(() -> {
            var counts = new TreeMap<Integer, Long>();
            synchronized (this) {
                shelves.getOrDefault(owner, Map.of())
                        .forEach(
                                (suite, shelf) -> counts.put(suite, (long) shelf.singleUse.size()));
            }
            return counts;
        });
    }

    @Override
    public Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs) {
        return Mono.fromSupplier(() -> {
            var found = new HashMap<Bytes, ClientId>();
            synchronized (this) {
                for (var ref : refs) {
                    var owner = owners.get(ref);
                    if (owner != null) {
                        found.put(ref, owner);
                    }
                }
            }
            return found;
        });
    }

    /// One client's KeyPackages of one suite, the oldest first.
    private static final class Shelf {
        private final Deque<StoredKeyPackage> singleUse = new ArrayDeque<>();
        private Optional<StoredKeyPackage> lastResort = Optional.empty();

        Optional<StoredKeyPackage> take(Instant now) {
            for (var next = singleUse.poll(); next != null; next = singleUse.poll()) {
                if (next.expires().isAfter(now)) {
                    return Optional.of(next);
                }
            }
            return lastResort.filter(kept -> kept.expires().isAfter(now));
        }
    }
}
