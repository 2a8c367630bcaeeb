package io.lockstep.gateway;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.directory.BulkClaimResult;
import io.lockstep.directory.BulkClaimResult.UserClaim;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.ClaimRequest;
import io.lockstep.directory.ClaimResult;
import io.lockstep.directory.DeletionScope;
import io.lockstep.directory.KeyPackageCount;
import io.lockstep.directory.KeyPackageDirectory;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.PublishResult;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A directory that stores bodies unchecked, one per client, and knows only what the test gave it.
public final class FakeKeyPackageDirectory implements KeyPackageDirectory {
    public final Map<ClientId, Bytes> bodies = new ConcurrentHashMap<>();
    public final Map<String, ClaimPolicy> policies = new ConcurrentHashMap<>();
    public final List<ClaimRequest> wanted = new CopyOnWriteArrayList<>();
    public final List<DeletionScope> deletions = new CopyOnWriteArrayList<>();
    public final Map<ClientId, Map<Integer, KeyPackageCount>> low = new ConcurrentHashMap<>();
    public final Sinks.Many<ClientId> runningLow = Sinks.many().multicast().directBestEffort();

    /// The result of claims in place of bodies; empty: the bodies.
    public volatile Optional<ClaimResult> claimResult = Optional.empty();

    /// The failure of every call; empty: none.
    public volatile Optional<RuntimeException> failure = Optional.empty();

    @Override
    public Mono<PublishResult> publish(TokenGrant owner, Bytes body) {
        if (failure.isPresent()) {
            return Mono.error(failure.get());
        }
        bodies.put(owner.client(), body);
        return Mono.just(
                new PublishResult.Published(
                        1,
                        List.of(
                                new PublishResult.RefusedKeyPackage(
                                        1,
                                        new Refusal(
                                                Code.DUPLICATE_KEY_PACKAGE, "published before")))));
    }

    @Override
    public Mono<PublishResult> replace(TokenGrant owner, Bytes body) {
        bodies.put(owner.client(), body);
        return Mono.just(new PublishResult.Published(1, List.of()));
    }

    @Override
    public Mono<PublishResult> publishOpaque(TokenGrant owner, int version, Bytes body) {
        bodies.put(owner.client(), body);
        return Mono.just(new PublishResult.Published(version, List.of()));
    }

    @Override
    public Mono<ClaimResult> claim(
            ClientId requester, String user, Optional<String> device, ClaimRequest asked) {
        wanted.add(asked);
        return claimResult.isPresent()
                ? Mono.just(claimResult.get())
                : Mono.just(claimed(user, device, asked));
    }

    private ClaimResult claimed(String user, Optional<String> device, ClaimRequest asked) {
        var owners =
                bodies.keySet().stream()
                        .filter(c -> c.user().equals(user))
                        .filter(c -> device.isEmpty() || device.get().equals(c.device()))
                        .toList();
        if (owners.isEmpty()) {
            return new ClaimResult.UnknownClient();
        }
        var claimed = new ArrayList<ClaimResult.ClaimedKeyPackage>();
        for (var owner : owners) {
            claimed.add(
                    new ClaimResult.ClaimedKeyPackage(
                            owner,
                            Bytes.ofHex("fbff"),
                            asked.kinds().getFirst(),
                            false,
                            bodies.getOrDefault(owner, Bytes.EMPTY)));
        }
        return new ClaimResult.DevicesClaimed(
                claimed,
                List.of(
                        new ClaimResult.MissingKeyPackage(
                                new ClientId(user, "empty"), Code.KEY_PACKAGES_EXHAUSTED)));
    }

    @Override
    public Mono<BulkClaimResult> claimAll(
            ClientId requester, Collection<String> users, ClaimRequest asked) {
        if (claimResult.orElse(null) instanceof ClaimResult.ClaimRateLimited(var wait)) {
            return Mono.just(new BulkClaimResult.BulkRateLimited(wait));
        }
        return Mono.just(
                new BulkClaimResult.UserClaims(
                        Flux.fromIterable(users)
                                .concatMap(user ->
                                        claim(requester, user, Optional.empty(), asked)
                                                .map(r -> new UserClaim(user, r)))));
    }

    @Override
    public Mono<Map<KeyPackageKind, KeyPackageCount>> count(ClientId owner) {
        return Mono.just(
                bodies.containsKey(owner)
                        ? Map.of(KeyPackageKind.ofSuite(1), new KeyPackageCount(1, false))
                        : Map.of());
    }

    @Override
    public Mono<Long> delete(ClientId owner, DeletionScope which) {
        deletions.add(which);
        return Mono.just(bodies.remove(owner) == null ? 0L : 1L);
    }

    @Override
    public Mono<ClaimPolicy> claimPolicy(String user) {
        return Mono.just(policies.getOrDefault(user, ClaimPolicy.ANYONE));
    }

    @Override
    public Mono<Void> claimPolicy(String user, ClaimPolicy policy) {
        return Mono.fromRunnable(() -> policies.put(user, policy));
    }

    @Override
    public Mono<Map<Integer, KeyPackageCount>> low(ClientId owner) {
        return Mono.just(low.getOrDefault(owner, Map.of()));
    }

    @Override
    public Flux<ClientId> runningLow() {
        return runningLow.asFlux();
    }
}
