package io.lockstep.redis.directory;

import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.DeviceRevokedException;
import io.lockstep.directory.ClaimOutcome;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.ClaimRequest;
import io.lockstep.directory.DeletionScope;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.directory.KeyPackageCount;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.directory.WelcomeRecipients;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.UnsealableException;
import io.lockstep.redis.ValueSealer;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// KeyPackages on Redis. A claim is one script, so two nodes never hand out the same one (invariant I6).
///
/// A publication has three steps, for a ref is known to all clients and what is shelved lies with its owner's other
/// keys. First each ref is reserved for this client for [#RESERVED], so that no other client can publish it. Then
/// one script shelves what the limits let. Last the refs of what was shelved are kept until their expiry: all
/// others lapse. Until a ref is kept, it is nobody's for [#owners] and [#joining]. Only the script that shelves
/// says what was published before, so a crash between the steps loses nothing: the same call again finds the refs
/// reserved for its client, or free, and keeps them.
public final class RedisKeyPackageStore implements KeyPackageStore {
    private static final Logger log = LoggerFactory.getLogger(RedisKeyPackageStore.class);
    private static final String SHELVES = "directory/shelves";
    private static final Script PUBLISH = Script.of(SHELVES, "directory/publish");
    private static final Script CLAIM = Script.of(SHELVES, "directory/claim");
    private static final Script COUNT = Script.reading(SHELVES, "directory/count");
    private static final Script DELETE = Script.freeing(SHELVES, "directory/delete");
    private static final Script MARK = Script.of("directory/mark");
    private static final Script KEEP = Script.of("directory/keep");
    private static final Script JOIN = Script.of("directory/join");
    private static final Script GONE = Script.reading("directory/gone");
    private static final byte[] CHANNEL = Script.ascii("ls:key-packages");

    /// The end of the year 9999; a KeyPackage may live to 2^64 seconds, a Redis key may not.
    private static final long EXPIRES_MILLIS_MAX = 253_402_300_799_000L;

    private static final int ASKED_AT_ONCE = 256;

    /// How long a ref is reserved that was not shelved: longer than all steps of a publication take.
    static final Duration RESERVED = Duration.ofMinutes(5);

    /// Names of one command, as `gone.lua` says, and such commands of one call at once.
    private static final int NAMES_PER_COMMAND_MAX = 256;

    private static final int BATCHES_AT_ONCE = 4;

    /// Of a key of a user, with what Redis's protocol adds.
    private static final long KEY_BYTES = 64;

    private final PipelinedConnection line;

    /// For what is asked at each hello.
    private final PipelinedConnection hello;

    private final ClientRedisKeys keys;
    private final SealedValueCodec values;
    private final LongSupplier shiftMillis;
    private final Sinks.Many<ClientId> low = Sinks.many().multicast().directBestEffort();

    /// Blocks until the subscription to the channel stands.
    public RedisKeyPackageStore(RedisConnections connections, DeploymentKey key) {
        this(connections, key, () -> 0);
    }

    /// @param shiftMillis how far Redis's clock is put forward; 0 but in tests
    RedisKeyPackageStore(
            RedisConnections connections, DeploymentKey key, LongSupplier shiftMillis) {
        this.shiftMillis = shiftMillis;
        line = connections.bulk();
        hello = connections.authentication();
        keys = new ClientRedisKeys(key);
        values = new SealedValueCodec(new ValueSealer(key));
        var news = connections.news();
        news.addListener(new KeyPackageListener());
        var timeout = connections.settings().commandTimeout();
        Mono.fromCompletionStage(() -> news.async().subscribe(CHANNEL)).block(timeout);
    }

    @Override
    public Mono<List<PublishStatus>> publish(PublishRequest publication) {
        return Flux.fromIterable(publication.offers())
                .flatMapSequential(
                        offer -> mark(publication.owner(), offer.keyPackage()), ASKED_AT_ONCE)
                .collectList()
                .flatMap(own -> shelve(publication, publication.offers(), own))
                .onErrorMap(e -> partly("publish", e));
    }

    /// @return whether the ref is this client's, now or since before
    private Mono<Boolean> mark(ClientId owner, StoredKeyPackage keyPackage) {
        return MARK.run(
                        line,
                        new byte[][] {keys.ref(keyPackage.ref())},
                        values.seal(owner.toString()),
                        Script.number(RESERVED.toMillis()))
                .map(reply ->
                        values.openName(ScriptReply.of(reply).bytes(0)).equals(owner.toString()));
    }

    private Mono<?> keep(ClientId owner, StoredKeyPackage keyPackage) {
        return KEEP.run(
                line,
                new byte[][] {keys.ref(keyPackage.ref())},
                values.seal(owner.toString()),
                Script.number(keyPackage.lastResort() ? 1 : 0),
                Script.number(expiresMillis(keyPackage)));
    }

    /// In steps that Redis takes in a few milliseconds each, one after the other.
    private Mono<List<PublishStatus>> shelve(
            PublishRequest publication, List<OfferedKeyPackage> offers, List<Boolean> own) {
        var steps = new ArrayList<PublishScript>();
        var step = new PublishScript(publication);
        for (int i = 0; i < offers.size(); i++) {
            if (own.get(i)) {
                if (!step.hasRoom(offers.get(i))) {
                    steps.add(step);
                    step = new PublishScript(publication);
                }
                step.add(offers.get(i));
            }
        }
        steps.add(step);
        return Flux.fromIterable(steps)
                .concatMap(PublishScript::run)
                .concatMapIterable(outcomes -> outcomes)
                .collectList()
                .map(shelved -> {
                    var next = shelved.iterator();
                    return own.stream()
                            .map(isOwn -> isOwn ? next.next() : PublishStatus.DUPLICATE)
                            .toList();
                });
    }

    @Override
    public Mono<ClaimOutcome> claim(ClientId owner, ClaimRequest wanted, boolean lastResortOnly) {
        return Mono.defer(() ->
                        wanted.needed().isNone()
                                ? claim(owner, wanted, lastResortOnly, List.of())
                                : matching(owner, wanted)
                                        .flatMap(marks ->
                                                claim(owner, wanted, lastResortOnly, marks)))
                .onErrorMap(e -> unavailable("claim", e));
    }

    /// Marks of the features that the client offers and that will do.
    private Mono<List<byte[]>> matching(ClientId owner, ClaimRequest wanted) {
        return line.send(commands -> commands.hgetall(keys.features(owner)))
                .defaultIfEmpty(Map.of())
                .map(all ->
                        all.entrySet().stream()
                                .filter(e ->
                                        values.openFeatures(e.getValue()).cover(wanted.needed()))
                                .map(Map.Entry::getKey)
                                .toList());
    }

    private Mono<ClaimOutcome> claim(
            ClientId owner,
            ClaimRequest wanted,
            boolean lastResortOnly,
            List<byte[]> featureMarks) {
        var shelves = wanted.shelves();
        var arguments = new ArrayList<byte[]>();
        arguments.add(shift());
        arguments.add(Script.number(wanted.needed().isNone() ? 0 : 1));
        arguments.add(Script.number(lastResortOnly ? 1 : 0));
        arguments.add(Script.number(shelves.size()));
        shelves.forEach(shelf -> arguments.add(name(shelf)));
        arguments.addAll(featureMarks);
        return CLAIM.run(line, keys.keyPackages(owner), arguments.toArray(byte[][]::new))
                .map(ScriptReply::of)
                .map(reply -> handOut(owner, reply));
    }

    private byte[] shift() {
        return Script.number(shiftMillis.getAsLong());
    }

    private ClaimOutcome handOut(ClientId owner, ScriptReply reply) {
        if (reply.size() == 1) {
            return reply.number(0) == 0
                    ? new ClaimOutcome.Exhausted()
                    : new ClaimOutcome.NothingCompatible();
        }
        return new ClaimOutcome.KeyPackageFound(
                values.openKeyPackage(owner, reply.bytes(0)), reply.number(1));
    }

    @Override
    public Mono<Set<String>> devices(String user) {
        return line.send(commands -> commands.hvals(keys.devices(user)))
                .flatMapIterable(sealed -> sealed)
                .map(values::openName)
                .<Set<String>>collect(LinkedHashSet::new, Set::add)
                .onErrorMap(e -> unavailable("devices", e));
    }

    @Override
    public Mono<Map<KeyPackageKind, KeyPackageCount>> count(ClientId owner) {
        return Mono.defer(() -> COUNT.run(hello, keys.keyPackages(owner), shift()))
                .map(ScriptReply::of)
                .map(reply -> {
                    Map<KeyPackageKind, KeyPackageCount> counts = new TreeMap<>();
                    for (int i = 0; i < reply.size(); i++) {
                        var one = reply.list(i);
                        counts.put(
                                shelf(one.bytes(0)),
                                new KeyPackageCount(one.number(1), one.number(2) == 1));
                    }
                    return counts;
                })
                .onErrorMap(e -> unavailable("count", e));
    }

    @Override
    public Mono<Long> delete(ClientId owner, DeletionScope which) {
        return switch (which) {
            case DeletionScope.All() -> delete(owner, "all", new byte[0]);
            case DeletionScope.OfKind(var shelf) -> delete(owner, "shelf", name(shelf));
            case DeletionScope.OfRef(var ref) ->
                    delete(owner, "ref", Script.ascii(keys.refMark(ref)));
        };
    }

    @Override
    public Mono<Void> removeDevice(ClientId device) {
        return delete(device, "device", Script.ascii(keys.name(device))).then();
    }

    private Mono<Long> delete(ClientId owner, String what, byte[] which) {
        return DELETE.run(line, keys.keyPackages(owner), shift(), Script.ascii(what), which)
                .map(reply -> ScriptReply.of(reply).number(0))
                .onErrorMap(e -> unavailable("delete", e));
    }

    @Override
    public Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs) {
        return Flux.fromIterable(refs)
                .flatMap(
                        ref ->
                                line.send(commands ->
                                                commands.hget(keys.ref(ref), Script.ascii("o")))
                                        .map(sealed -> Map.entry(ref, client(sealed))),
                        ASKED_AT_ONCE)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue)
                .onErrorMap(e -> unavailable("owners", e));
    }

    @Override
    public Mono<WelcomeRecipients> joining(GroupId group, Collection<Bytes> refs) {
        var mark = Script.ascii(keys.groupMark(group));
        var life = Script.number(JOINING_MIN.toMillis());
        return Flux.fromIterable(refs)
                .flatMap(
                        ref ->
                                JOIN.run(line, new byte[][] {keys.ref(ref)}, mark, life)
                                        .map(reply -> Map.entry(ref, ScriptReply.of(reply))),
                        ASKED_AT_ONCE)
                .collectList()
                .map(this::joining)
                .onErrorMap(e -> unavailable("joining", e));
    }

    private WelcomeRecipients joining(List<Map.Entry<Bytes, ScriptReply>> replies) {
        var owners = new HashMap<Bytes, ClientId>();
        var used = new HashSet<Bytes>();
        for (var entry : replies) {
            var reply = entry.getValue();
            if (!reply.isEmpty()) {
                if (reply.elements().getFirst() instanceof byte[] sealed) {
                    owners.put(entry.getKey(), client(sealed));
                } else {
                    used.add(entry.getKey());
                }
            }
        }
        return new WelcomeRecipients(owners, used);
    }

    private ClientId client(byte[] sealed) {
        return ClientId.parse(values.openName(sealed));
    }

    @Override
    public Mono<Set<ClientId>> gone(Collection<ClientId> clients) {
        return Flux.defer(
                        () -> {
                            Map<String, List<ClientId>> byUser =
                                    Set.copyOf(clients).stream()
                                            .collect(Collectors.groupingBy(ClientId::user));
                            return Flux.fromIterable(byUser.keySet())
                                    .buffer(NAMES_PER_COMMAND_MAX)
                                    .flatMap(this::haveRevoked, BATCHES_AT_ONCE)
                                    .flatMap(
                                            user ->
                                                    Flux.fromIterable(
                                                                    byUser.getOrDefault(
                                                                            user, List.of()))
                                                            .buffer(NAMES_PER_COMMAND_MAX)
                                                            .concatMap(some -> gone(user, some)),
                                            BATCHES_AT_ONCE);
                        })
                .collect(Collectors.toSet())
                .onErrorMap(e -> unavailable("gone", e));
    }

    /// Which of these users have ever revoked a device. One command tells of all where none has: the more of them
    /// have, the more commands it takes, at most about 16 for each that has.
    private Flux<String> haveRevoked(List<String> users) {
        return line.send(
                        KEY_BYTES * users.size(),
                        commands ->
                                commands.exists(
                                        users.stream().map(keys::revoked).toArray(byte[][]::new)))
                .flatMapMany(count -> {
                    if (count == 0) {
                        return Flux.empty();
                    }
                    int half = users.size() / 2;
                    return count == users.size()
                            ? Flux.fromIterable(users)
                            : Flux.concat(
                                    haveRevoked(users.subList(0, half)),
                                    haveRevoked(users.subList(half, users.size())));
                });
    }

    private Flux<ClientId> gone(String user, List<ClientId> devices) {
        return GONE.run(
                        line,
                        new byte[][] {keys.revoked(user), keys.devices(user)},
                        devices.stream()
                                .map(device -> Script.ascii(keys.name(device)))
                                .toArray(byte[][]::new))
                .map(ScriptReply::of)
                .flatMapIterable(reply ->
                        IntStream.range(0, devices.size())
                                .filter(i -> reply.number(i) == 1)
                                .mapToObj(devices::get)
                                .toList());
    }

    @Override
    public Mono<ClaimPolicy> claimPolicy(String user) {
        return line.send(commands -> commands.get(keys.claimPolicy(user)))
                .map(values::openClaimPolicy)
                .defaultIfEmpty(ClaimPolicy.ANYONE)
                .onErrorMap(e -> unavailable("claim policy", e));
    }

    @Override
    public Mono<Void> claimPolicy(String user, ClaimPolicy policy) {
        return line.write(commands -> commands.set(keys.claimPolicy(user), values.seal(policy)))
                .then()
                .onErrorMap(e -> unavailable("claim policy", e));
    }

    @Override
    public Mono<Void> announceLow(ClientId owner) {
        return line.send(commands -> commands.publish(CHANNEL, values.seal(owner.toString())))
                .then()
                .onErrorMap(e -> unavailable("announce", e));
    }

    @Override
    public Flux<ClientId> low() {
        return low.asFlux();
    }

    private static byte[] name(KeyPackageKind shelf) {
        return Script.ascii(shelf.version() + "." + shelf.suite());
    }

    private static KeyPackageKind shelf(byte[] name) {
        var text = new String(name, StandardCharsets.US_ASCII);
        int dot = text.indexOf('.');
        return new KeyPackageKind(
                Integer.parseInt(text.substring(0, dot)),
                Integer.parseInt(text.substring(dot + 1)));
    }

    private static long expiresMillis(StoredKeyPackage keyPackage) {
        long seconds = Math.min(keyPackage.expires().getEpochSecond(), EXPIRES_MILLIS_MAX / 1_000);
        return Math.max(1, seconds * 1_000);
    }

    private static Throwable unavailable(String what, Throwable cause) {
        return RedisUnavailableException.translated(
                cause, (effect, e) -> new DirectoryUnavailableException(what, effect, e));
    }

    /// What takes several commands may have happened in part.
    private static Throwable partly(String what, Throwable cause) {
        return RedisUnavailableException.translated(
                cause, (_, e) -> new DirectoryUnavailableException(what, e));
    }

    /// `publish.lua`.
    private final class PublishScript {
        private final ClientId owner;
        private final int stepMax;
        private final List<byte[]> head = new ArrayList<>();
        private final Map<String, byte[]> features = new LinkedHashMap<>();
        private final List<byte[]> packages = new ArrayList<>();
        private final List<StoredKeyPackage> offered = new ArrayList<>();
        private long bytes;

        PublishScript(PublishRequest publication) {
            owner = publication.owner();
            stepMax = publication.replace() ? REPLACING_MAX : STEP_MAX;
            head.add(shift());
            head.add(Script.ascii(keys.name(owner)));
            head.add(values.seal(owner.device()));
            head.add(issued(publication.grant().issued()));
            head.add(Script.number(publication.countMax()));
            head.add(Script.number(publication.replace() ? 1 : 0));
            head.add(Script.number(SHELVES_MAX));
            head.add(Script.number(FEATURES_MAX));
            head.add(Script.number(REFS_MAX));
            head.add(Script.number(PACKAGES_MAX));
            head.add(Script.number(PACKAGE_BYTES_MAX));
            head.add(Script.number(DEVICES_MAX));
        }

        private static byte[] issued(Instant issued) {
            if (issued.equals(Instant.MIN)) {
                return new byte[0];
            }
            long seconds = Math.min(issued.getEpochSecond(), EXPIRES_MILLIS_MAX / 1_000);
            return Script.number(seconds * 1_000 + issued.getNano() / 1_000_000);
        }

        /// The first always has.
        boolean hasRoom(OfferedKeyPackage offer) {
            return offered.isEmpty()
                    || (offered.size() < stepMax
                            && bytes + offer.keyPackage().message().size() <= STEP_BYTES_MAX);
        }

        void add(OfferedKeyPackage offer) {
            var keyPackage = offer.keyPackage();
            offered.add(keyPackage);
            bytes += keyPackage.message().size();
            long expires = expiresMillis(keyPackage);
            var mark = new byte[0];
            if (!keyPackage.shelf().isOpaque()) {
                var encoded = SealedValueCodec.encode(offer.features());
                var name = keys.featureMark(encoded);
                features.computeIfAbsent(name, _ -> values.sealFeatures(encoded));
                mark = Script.ascii(name);
            }
            packages.add(Script.ascii(keys.refMark(keyPackage.ref())));
            packages.add(name(keyPackage.shelf()));
            packages.add(Script.number(keyPackage.lastResort() ? 1 : 0));
            packages.add(Script.ascii(String.format(Locale.ROOT, "%016d", expires)));
            packages.add(mark);
            packages.add(values.seal(keyPackage, expires));
        }

        private byte[][] arguments() {
            var arguments = new ArrayList<>(head);
            arguments.add(Script.number(features.size()));
            features.forEach((mark, sealed) -> {
                arguments.add(Script.ascii(mark));
                arguments.add(sealed);
            });
            arguments.addAll(packages);
            return arguments.toArray(byte[][]::new);
        }

        Mono<List<PublishStatus>> run() {
            if (packages.isEmpty()) {
                return Mono.just(List.of());
            }
            return PUBLISH.run(line, keys.keyPackages(owner), arguments())
                    .map(ScriptReply::of)
                    .map(reply -> {
                        var outcomes = new ArrayList<PublishStatus>();
                        for (int i = 0; i < reply.size(); i++) {
                            outcomes.add(outcome(reply.number(i)));
                        }
                        return outcomes;
                    })
                    .flatMap(outcomes -> keepShelved(outcomes).thenReturn(outcomes));
        }

        /// Of one that was published before, too: the call that did may have failed before it kept the ref. Of
        /// one that is twice in this step the first outcome counts.
        private Mono<Void> keepShelved(List<PublishStatus> outcomes) {
            var seen = new HashSet<Bytes>();
            var shelved = new ArrayList<StoredKeyPackage>();
            for (int i = 0; i < outcomes.size(); i++) {
                if (seen.add(offered.get(i).ref()) && outcomes.get(i) != PublishStatus.TOO_MANY) {
                    shelved.add(offered.get(i));
                }
            }
            return Flux.fromIterable(shelved)
                    .flatMap(keyPackage -> keep(owner, keyPackage), ASKED_AT_ONCE)
                    .then();
        }

        private static PublishStatus outcome(long number) {
            if (number < 0) {
                throw new DeviceRevokedException();
            }
            return number == 1
                    ? PublishStatus.STORED
                    : number == 0 ? PublishStatus.DUPLICATE : PublishStatus.TOO_MANY;
        }
    }

    /// Called on one thread, that of the connection.
    private final class KeyPackageListener extends RedisPubSubAdapter<byte[], byte[]> {
        @Override
        public void message(byte[] channel, byte[] message) {
            if (Arrays.equals(channel, CHANNEL)) {
                try {
                    // A hint: who does not keep up, or is not there, looks for itself.
                    var _ = low.tryEmitNext(ClientId.parse(values.openName(message)));
                } catch (UnsealableException e) {
                    log.warn("a notice of few KeyPackages cannot be read", e);
                }
            }
        }
    }
}
