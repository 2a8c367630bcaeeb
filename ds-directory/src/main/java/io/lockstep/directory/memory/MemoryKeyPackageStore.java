package io.lockstep.directory.memory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.DeviceRevokedException;
import io.lockstep.auth.RevocationStore;
import io.lockstep.auth.memory.MemoryRevocationStore;
import io.lockstep.directory.ClaimOutcome;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.ClaimRequest;
import io.lockstep.directory.DeletionScope;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageCount;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.UploadDebt;
import io.lockstep.directory.WelcomeRecipients;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// [KeyPackageStore] in maps, under one lock. It never deletes a ref or an init_key, so it is for
/// tests and short-lived processes.
public final class MemoryKeyPackageStore implements KeyPackageStore {
    private final InstantSource clock;
    private final RevocationStore revocations;
    private final Map<Bytes, Ref> refs = new HashMap<>();
    private final Map<ClientId, Map<KeyPackageKind, MemoryKeyPackageQueue>> kinds = new HashMap<>();
    private final Map<ClientId, Set<Bytes>> initKeysOf = new HashMap<>();
    private final Map<String, UploadDebt> debts = new HashMap<>();
    private final Map<String, ClaimPolicy> policies = new HashMap<>();
    private final Sinks.Many<ClientId> low = Sinks.many().multicast().directBestEffort();

    private record Ref(ClientId owner, boolean lastResort, Optional<GroupId> group) {}

    public MemoryKeyPackageStore() {
        this(InstantSource.system(), new MemoryRevocationStore());
    }

    /// @param clock decides what has expired
    /// @param revocations the store of revoked devices
    public MemoryKeyPackageStore(InstantSource clock, RevocationStore revocations) {
        this.clock = clock;
        this.revocations = revocations;
    }

    private <T> Mono<T> locked(Supplier<T> action) {
        return Mono.fromSupplier(() -> {
            synchronized (this) {
                return action.get();
            }
        });
    }

    @Override
    public Mono<List<PublishStatus>> publish(PublishRequest request) {
        return revocations
                .of(request.owner())
                .filter(revocation -> revocation.ends(request.grant()))
                .<List<PublishStatus>>flatMap(_ -> Mono.error(new DeviceRevokedException()))
                .switchIfEmpty(locked(() -> store(request)));
    }

    private List<PublishStatus> store(PublishRequest request) {
        var owner = request.owner();
        if (!kinds.containsKey(owner) && devicesOf(owner.user()).size() >= DEVICES_MAX) {
            return request.offers().stream().map(_ -> PublishStatus.TOO_MANY).toList();
        }
        if (request.replace()) {
            clearFor(owner, request.offers());
        }
        var seen = new HashSet<Bytes>();
        var outcomes = new ArrayList<PublishStatus>();
        for (var offer : request.offers()) {
            outcomes.add(publish(request, offer, seen));
        }
        return outcomes;
    }

    private void clearFor(ClientId owner, List<OfferedKeyPackage> offers) {
        var staying =
                offers.stream().map(offer -> offer.keyPackage().ref()).collect(Collectors.toSet());
        for (var offer : offers) {
            var kind = ofOwner(owner).get(offer.keyPackage().kind());
            if (kind != null) {
                kind.removeIf(ref -> !staying.contains(ref));
            }
        }
    }

    private PublishStatus publish(
            PublishRequest request, OfferedKeyPackage offer, Set<Bytes> seen) {
        var owner = request.owner();
        var published = offer.keyPackage();
        if (!seen.add(published.ref())) {
            return PublishStatus.DUPLICATE;
        }
        if (refs.containsKey(published.ref())) {
            var kind = ofOwner(owner).get(published.kind());
            boolean stays = request.replace() && kind != null && kind.has(published.ref());
            return stays ? PublishStatus.STORED : PublishStatus.DUPLICATE;
        }
        var initKeys = initKeysOf.computeIfAbsent(owner, _ -> new HashSet<>());
        if (initKeys.contains(offer.initKey())) {
            return PublishStatus.INIT_KEY_REUSED;
        }
        if (isFull(owner, offer)
                || !kind(owner, published.kind()).add(offer, request.countMax(), clock.instant())) {
            return PublishStatus.TOO_MANY;
        }
        refs.put(published.ref(), new Ref(owner, published.lastResort(), Optional.empty()));
        if (!offer.initKey().isEmpty()) {
            initKeys.add(offer.initKey());
        }
        return PublishStatus.STORED;
    }

    private boolean isFull(ClientId owner, OfferedKeyPackage offer) {
        var own = ofOwner(owner);
        var features = new HashSet<Features>();
        long count = 0;
        long bytes = offer.keyPackage().message().size();
        for (var kind : own.values()) {
            count += kind.size();
            bytes += kind.bytes();
            features.addAll(kind.features());
        }
        boolean noKind = own.size() >= KINDS_MAX && !own.containsKey(offer.keyPackage().kind());
        boolean noFeatures =
                features.size() >= FEATURES_MAX
                        && !offer.keyPackage().kind().isOpaque()
                        && !features.contains(offer.features());
        return noKind || noFeatures || count >= PACKAGES_MAX || bytes > PACKAGE_BYTES_MAX;
    }

    private MemoryKeyPackageQueue kind(ClientId owner, KeyPackageKind kind) {
        return ofOwner(owner).computeIfAbsent(kind, _ -> new MemoryKeyPackageQueue());
    }

    private Map<KeyPackageKind, MemoryKeyPackageQueue> ofOwner(ClientId owner) {
        return kinds.computeIfAbsent(owner, _ -> new TreeMap<>());
    }

    @Override
    public Mono<Duration> chargeUpload(String user, int units) {
        return locked(() -> {
            long now = clock.millis();
            var debt = debts.getOrDefault(user, new UploadDebt(0)).plus(units, now);
            debts.put(user, debt);
            return debt.mustWait(now);
        });
    }

    @Override
    public Mono<ClaimOutcome> claim(ClientId owner, ClaimRequest request, boolean lastResortOnly) {
        return locked(() -> {
            var now = clock.instant();
            var all = kinds.getOrDefault(owner, Map.of());
            for (var name : request.kinds()) {
                var kind = all.getOrDefault(name, new MemoryKeyPackageQueue());
                var needed = name.isOpaque() ? Features.NONE : request.needed();
                var taken = kind.take(needed, lastResortOnly, now);
                if (taken.isPresent()) {
                    return taken.get();
                }
            }
            return all.values().stream().allMatch(kind -> kind.isEmpty(now))
                    ? new ClaimOutcome.Exhausted()
                    : new ClaimOutcome.NothingCompatible();
        });
    }

    @Override
    public Mono<Set<String>> devices(String user) {
        return locked(() -> devicesOf(user));
    }

    private Set<String> devicesOf(String user) {
        return kinds.keySet().stream()
                .filter(client -> client.user().equals(user))
                .map(ClientId::device)
                .collect(Collectors.toSet());
    }

    @Override
    public Mono<Map<KeyPackageKind, KeyPackageCount>> count(ClientId owner) {
        return locked(() -> {
            var now = clock.instant();
            var counts = new TreeMap<KeyPackageKind, KeyPackageCount>();
            kinds.getOrDefault(owner, Map.of())
                    .forEach((name, kind) -> counts.put(name, kind.remaining(now)));
            return counts;
        });
    }

    @Override
    public Mono<Long> delete(ClientId owner, DeletionScope which) {
        return locked(() -> {
            var all = kinds.getOrDefault(owner, Map.of());
            return switch (which) {
                case DeletionScope.All() ->
                        all.values().stream().mapToLong(kind -> kind.removeIf(_ -> true)).sum();
                case DeletionScope.OfKind(var name) ->
                        all.getOrDefault(name, new MemoryKeyPackageQueue()).removeIf(_ -> true);
                case DeletionScope.OfRef(var ref) ->
                        all.values().stream().mapToLong(kind -> kind.removeIf(ref::equals)).sum();
            };
        });
    }

    @Override
    public Mono<Void> removeDevice(ClientId device) {
        return locked(() -> kinds.remove(device)).then();
    }

    @Override
    public Mono<Void> removeUser(String user, Set<String> devices) {
        return locked(
                        () -> {
                            kinds.keySet().removeIf(owner -> owner.user().equals(user));
                            refs.values().removeIf(ref -> ref.owner().user().equals(user));
                            policies.remove(user);
                            return user;
                        })
                .then();
    }

    @Override
    public Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> asked) {
        return locked(() -> {
            var found = new HashMap<Bytes, ClientId>();
            for (var ref : asked) {
                var known = refs.get(ref);
                if (known != null) {
                    found.put(ref, known.owner());
                }
            }
            return found;
        });
    }

    @Override
    public Mono<WelcomeRecipients> joining(GroupId group, Collection<Bytes> asked) {
        return locked(() -> {
            var owners = new HashMap<Bytes, ClientId>();
            var used = new HashSet<Bytes>();
            for (var ref : asked) {
                var known = refs.get(ref);
                if (known == null) {
                    continue;
                }
                if (known.lastResort() || known.group().orElse(group).equals(group)) {
                    owners.put(ref, known.owner());
                    refs.put(ref, new Ref(known.owner(), known.lastResort(), Optional.of(group)));
                } else {
                    used.add(ref);
                }
            }
            return new WelcomeRecipients(owners, used);
        });
    }

    @Override
    public Mono<Set<ClientId>> gone(Collection<ClientId> clients) {
        return Flux.fromIterable(clients)
                .filterWhen(client -> revocations.of(client).hasElement())
                .collect(Collectors.<ClientId>toSet())
                .flatMap(revoked ->
                        locked(() -> {
                            revoked.removeAll(kinds.keySet());
                            return revoked;
                        }));
    }

    @Override
    public Mono<Set<String>> refusing(String requester, Collection<String> owners) {
        return locked(() ->
                owners.stream()
                        .filter(owner ->
                                !policies.getOrDefault(owner, ClaimPolicy.ANYONE)
                                        .lets(requester, owner))
                        .collect(Collectors.toSet()));
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
