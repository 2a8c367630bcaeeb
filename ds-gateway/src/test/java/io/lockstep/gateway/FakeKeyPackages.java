package io.lockstep.gateway;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.ClaimResult;
import io.lockstep.directory.KeyPackages;
import io.lockstep.directory.PublishResult;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;

/// A directory that stores bodies as they are, one per client, and knows only what it was told.
public final class FakeKeyPackages implements KeyPackages {
    public final Map<ClientId, Bytes> bodies = new ConcurrentHashMap<>();

    /// Answers in place of the store when set; empty: none.
    public volatile Optional<RuntimeException> failure = Optional.empty();

    @Override
    public Mono<PublishResult> publish(ClientId owner, Bytes body) {
        if (failure.isPresent()) {
            return Mono.error(failure.get());
        }
        bodies.put(owner, body);
        return Mono.just(
                new PublishResult.Published(
                        1,
                        List.of(
                                new PublishResult.RefusedKeyPackage(
                                        1, Code.DUPLICATE_KEY_PACKAGE, "published before"))));
    }

    @Override
    public Mono<ClaimResult> claim(
            ClientId requester, String user, Optional<String> device, List<Integer> suites) {
        var owners =
                bodies.keySet().stream()
                        .filter(c -> c.user().equals(user))
                        .filter(c -> device.isEmpty() || device.get().equals(c.device()))
                        .toList();
        if (owners.isEmpty()) {
            return Mono.just(new ClaimResult.UnknownClient());
        }
        var claimed =
                owners.stream()
                        .map(c ->
                                new ClaimResult.ClaimedKeyPackage(
                                        c,
                                        Bytes.ofHex("fbff"),
                                        suites.getFirst(),
                                        false,
                                        bodies.getOrDefault(c, Bytes.EMPTY)))
                        .toList();
        return Mono.just(
                new ClaimResult.Claimed(
                        claimed,
                        List.of(
                                new ClaimResult.MissingKeyPackage(
                                        new ClientId(user, "empty"),
                                        Code.KEY_PACKAGES_EXHAUSTED))));
    }

    @Override
    public Mono<Map<Integer, Long>> count(ClientId owner) {
        return Mono.just(bodies.containsKey(owner) ? Map.of(1, 1L) : Map.of());
    }
}
