package io.lockstep.redis.directory;

import io.lettuce.core.RedisException;
import io.lettuce.core.SetArgs;
import io.lockstep.auth.ClientId;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.log.DeploymentKey;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisLine;
import io.lockstep.redis.Reply;
import io.lockstep.redis.Script;
import io.lockstep.redis.Sealing;
import io.lockstep.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// KeyPackages on Redis. A claim is one script, so two nodes never hand out the same one (invariant I6).
///
/// Publishing takes the ref first, in a key of its own, for then nobody can publish it again; a crash right
/// after it costs that one KeyPackage.
public final class RedisKeyPackageStore implements KeyPackageStore {
    private static final Script PUBLISH = Script.of("directory/publish");
    private static final Script CLAIM = Script.of("directory/claim");

    /// The end of the year 9999; a KeyPackage may live to 2^64 seconds, a Redis key may not.
    private static final long EXPIRES_MILLIS_MAX = 253_402_300_799_000L;

    private static final int ASKED_AT_ONCE = 256;

    private final RedisLine line;
    private final ClientKeys keys;
    private final SealedValues values;

    public RedisKeyPackageStore(RedisConnections connections, DeploymentKey key) {
        line = connections.questions();
        keys = new ClientKeys(key);
        values = new SealedValues(new Sealing(key));
    }

    @Override
    public Mono<List<Published>> publish(
            ClientId owner, List<StoredKeyPackage> packages, int countMax) {
        return Flux.fromIterable(packages)
                .flatMapSequential(keyPackage -> takeRef(owner, keyPackage), ASKED_AT_ONCE)
                .collectList()
                .flatMap(taken -> shelve(owner, packages, taken, countMax))
                .onErrorMap(RedisException.class, e -> unavailable("publish", e));
    }

    /// @return whether the ref was never published before
    private Mono<Boolean> takeRef(ClientId owner, StoredKeyPackage keyPackage) {
        var onlyNew = SetArgs.Builder.nx().pxAt(expiresMillis(keyPackage));
        return line.send(commands ->
                        commands.set(
                                keys.ref(keyPackage.ref()), values.seal(owner.toString()), onlyNew))
                .hasElement();
    }

    private Mono<List<Published>> shelve(
            ClientId owner, List<StoredKeyPackage> packages, List<Boolean> taken, int countMax) {
        var fresh = new ArrayList<StoredKeyPackage>();
        for (int i = 0; i < packages.size(); i++) {
            if (taken.get(i)) {
                fresh.add(packages.get(i));
            }
        }
        if (fresh.isEmpty()) {
            return Mono.just(outcomes(taken, List.of()));
        }
        var publication = new Publication(owner, countMax);
        fresh.forEach(publication::add);
        return publication
                .run()
                .flatMap(shelved -> letGo(fresh, shelved).thenReturn(outcomes(taken, shelved)));
    }

    /// Those of which there were too many may be published later.
    private Mono<Void> letGo(List<StoredKeyPackage> fresh, List<Boolean> shelved) {
        return Flux.range(0, fresh.size())
                .filter(i -> !shelved.get(i))
                .flatMap(
                        i -> line.send(commands -> commands.del(keys.ref(fresh.get(i).ref()))),
                        ASKED_AT_ONCE)
                .then();
    }

    private static List<Published> outcomes(List<Boolean> taken, List<Boolean> shelved) {
        var outcomes = new ArrayList<Published>();
        var next = shelved.iterator();
        for (boolean fresh : taken) {
            if (!fresh) {
                outcomes.add(Published.DUPLICATE);
            } else {
                outcomes.add(next.next() ? Published.STORED : Published.TOO_MANY);
            }
        }
        return outcomes;
    }

    @Override
    public Mono<Optional<StoredKeyPackage>> claim(
            ClientId owner, List<Integer> suites, Instant now) {
        if (suites.isEmpty()) {
            return Mono.just(Optional.empty());
        }
        var shelves = new ArrayList<byte[]>();
        for (int suite : suites) {
            shelves.add(keys.singleUse(owner, suite));
            shelves.add(keys.lastResort(owner, suite));
        }
        return CLAIM.run(line, shelves.toArray(byte[][]::new), Script.number(now.toEpochMilli()))
                .map(Reply::of)
                .map(reply ->
                        reply.isEmpty()
                                ? Optional.<StoredKeyPackage>empty()
                                : Optional.of(values.openKeyPackage(owner, reply.bytes(0))))
                .onErrorMap(RedisException.class, e -> unavailable("claim", e));
    }

    @Override
    public Mono<Set<String>> devices(String user) {
        return line.send(commands -> commands.hvals(keys.devices(user)))
                .flatMapIterable(sealed -> sealed)
                .map(values::openName)
                .<Set<String>>collect(LinkedHashSet::new, Set::add)
                .onErrorMap(RedisException.class, e -> unavailable("devices", e));
    }

    @Override
    public Mono<Void> removeDevice(ClientId device) {
        return line.send(commands -> commands.smembers(keys.suites(device)))
                .flatMap(suites -> {
                    var gone = new ArrayList<byte[]>();
                    gone.add(keys.suites(device));
                    for (var suite : suites) {
                        gone.add(keys.singleUse(device, (int) Reply.number(suite)));
                        gone.add(keys.lastResort(device, (int) Reply.number(suite)));
                    }
                    return line.send(commands -> commands.unlink(gone.toArray(byte[][]::new)));
                })
                .then(
                        line.send(commands ->
                                commands.hdel(
                                        keys.devices(device.user()),
                                        Script.ascii(keys.name(device)))))
                .then()
                .onErrorMap(RedisException.class, e -> unavailable("remove device", e));
    }

    @Override
    public Mono<Map<Integer, Long>> count(ClientId owner) {
        return line.send(commands -> commands.smembers(keys.suites(owner)))
                .flatMapIterable(suites -> suites)
                .map(suite -> (int) Reply.number(suite))
                .flatMap(suite ->
                        line.send(commands -> commands.llen(keys.singleUse(owner, suite)))
                                .map(left -> Map.entry(suite, left)))
                .collectMap(Map.Entry::getKey, Map.Entry::getValue)
                .onErrorMap(RedisException.class, e -> unavailable("count", e));
    }

    @Override
    public Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs) {
        return Flux.fromIterable(refs)
                .flatMap(
                        ref ->
                                line.send(commands -> commands.get(keys.ref(ref)))
                                        .map(values::openName)
                                        .map(name -> Map.entry(ref, ClientId.parse(name))),
                        ASKED_AT_ONCE)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue)
                .onErrorMap(RedisException.class, e -> unavailable("owners", e));
    }

    private static long expiresMillis(StoredKeyPackage keyPackage) {
        long seconds = Math.min(keyPackage.expires().getEpochSecond(), EXPIRES_MILLIS_MAX / 1_000);
        return Math.max(1, seconds * 1_000);
    }

    private static DirectoryUnavailableException unavailable(String what, Throwable cause) {
        return new DirectoryUnavailableException(what, cause);
    }

    /// `publish.lua`.
    private final class Publication {
        private final ClientId owner;
        private final List<byte[]> scriptKeys = new ArrayList<>();
        private final List<byte[]> arguments = new ArrayList<>();
        private final List<Integer> suites = new ArrayList<>();

        Publication(ClientId owner, int countMax) {
            this.owner = owner;
            scriptKeys.add(keys.devices(owner.user()));
            scriptKeys.add(keys.suites(owner));
            arguments.add(Script.ascii(keys.name(owner)));
            arguments.add(values.seal(owner.device()));
            arguments.add(Script.number(countMax));
        }

        void add(StoredKeyPackage keyPackage) {
            int suite = keyPackage.suite();
            if (!suites.contains(suite)) {
                suites.add(suite);
                scriptKeys.add(keys.singleUse(owner, suite));
                scriptKeys.add(keys.lastResort(owner, suite));
            }
            long expires = expiresMillis(keyPackage);
            arguments.add(Script.number(3 + 2L * suites.indexOf(suite)));
            arguments.add(Script.number(suite));
            arguments.add(Script.number(keyPackage.lastResort() ? 1 : 0));
            arguments.add(Script.number(expires));
            arguments.add(values.seal(keyPackage, expires));
        }

        /// @return per package whether it was shelved
        Mono<List<Boolean>> run() {
            return PUBLISH.run(
                            line,
                            scriptKeys.toArray(byte[][]::new),
                            arguments.toArray(byte[][]::new))
                    .map(Reply::of)
                    .map(reply -> {
                        var shelved = new ArrayList<Boolean>();
                        for (int i = 0; i < reply.size(); i++) {
                            shelved.add(reply.number(i) == 1);
                        }
                        return shelved;
                    });
        }
    }
}
