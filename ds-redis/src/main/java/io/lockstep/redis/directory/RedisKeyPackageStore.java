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
import io.lockstep.directory.KeyPackageLimits;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.directory.UploadDebt;
import io.lockstep.directory.WelcomeRecipients;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.ValueSealer;
import io.lockstep.runtime.Keyring;
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
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// [KeyPackageStore] on Redis. A claim is one script, so two nodes never hand out the same
/// KeyPackage (invariant I6).
///
/// A publication has three steps, because refs are keys of all clients while a KeyPackage is stored
/// with the other keys of its owner:
///
/// 1. Each ref is reserved for this client for [#RESERVED], so that no other client can publish it.
/// 2. One script stores the KeyPackages that the limits allow.
/// 3. The refs of the stored KeyPackages are kept until their expiry. The reservations of all
///    others expire.
///
/// Until a ref is kept, [#owners] and [#joining] treat it as unknown. Only the script of step 2
/// decides what was published before, so a crash between the steps loses nothing: the same call
/// again finds the refs reserved for its client or free, and keeps them.
public final class RedisKeyPackageStore implements KeyPackageStore {
    private static final Logger LOG = LoggerFactory.getLogger(RedisKeyPackageStore.class);
    private static final String KINDS = "directory/kinds";
    private static final Script PUBLISH = Script.of(KINDS, "directory/publish");
    private static final Script CLAIM = Script.of(KINDS, "directory/claim");
    private static final Script COUNT = Script.reading(KINDS, "directory/count");
    private static final Script DELETE = Script.freeing(KINDS, "directory/delete");
    private static final Script MARK = Script.of("directory/mark");
    private static final Script KEEP = Script.of("directory/keep");
    private static final Script JOIN = Script.of("directory/join");
    private static final Script CHARGE = Script.of("directory/charge");
    private static final Script GONE = Script.reading("directory/gone");
    private static final byte[] CHANNEL = Script.ascii("ls:key-packages");

    /// The end of the year 9999. The expiry of a KeyPackage may be up to 2^64 seconds, that of a
    /// Redis key may not.
    private static final long EXPIRES_MILLIS_MAX = 253_402_300_799_000L;

    private static final int ASKED_AT_ONCE = 256;

    /// How long a ref is reserved whose KeyPackage was not stored: longer than all steps of a
    /// publication take.
    static final Duration RESERVED = Duration.ofMinutes(5);

    /// Names in one command (see `gone.lua`), and such commands of one call at once.
    private static final int NAMES_PER_COMMAND_MAX = 256;

    private static final int BATCHES_AT_ONCE = 4;

    /// Bytes of a user's key, with the overhead of the Redis protocol.
    private static final long KEY_BYTES = 64;

    private final PipelinedConnection connection;

    /// For the reads of each hello.
    private final PipelinedConnection hello;

    private final ClientRedisKeys keys;
    private final SealedValueCodec values;
    private final LongSupplier shiftMillis;
    private final Sinks.Many<ClientId> low = Sinks.many().multicast().directBestEffort();

    /// Blocks until the channel is subscribed.
    public RedisKeyPackageStore(RedisConnections connections, Keyring keyring) {
        this(connections, keyring, () -> 0);
    }

    /// @param shiftMillis milliseconds added to Redis's clock; 0 except in tests
    RedisKeyPackageStore(RedisConnections connections, Keyring keyring, LongSupplier shiftMillis) {
        this.shiftMillis = shiftMillis;
        connection = connections.bulk();
        hello = connections.authentication();
        keys = new ClientRedisKeys(keyring);
        values = new SealedValueCodec(new ValueSealer(keyring.sealing()));
        var subscriptions = connections.subscriptions();
        subscriptions.addListener(new KeyPackageListener());
        var timeout = connections.settings().commandTimeout();
        Mono.fromCompletionStage(() -> subscriptions.async().subscribe(CHANNEL)).block(timeout);
    }

    @Override
    public Mono<List<PublishStatus>> publish(PublishRequest request) {
        return Flux.fromIterable(request.offers())
                .flatMapSequential(
                        offer -> mark(request.owner(), offer.keyPackage()), ASKED_AT_ONCE)
                .collectList()
                .flatMap(own -> storeAll(request, request.offers(), own))
                .onErrorMap(e -> partly("publish", e));
    }

    /// @return whether the ref now belongs to this client, from this call or an earlier one
    private Mono<Boolean> mark(ClientId owner, StoredKeyPackage keyPackage) {
        return MARK.run(
                        connection,
                        new byte[][] {keys.ref(keyPackage.ref())},
                        values.seal(owner.toString()),
                        Script.number(RESERVED.toMillis()))
                .map(reply ->
                        values.openName(ScriptReply.of(reply).bytes(0)).equals(owner.toString()));
    }

    private Mono<?> keep(ClientId owner, StoredKeyPackage keyPackage) {
        return KEEP.run(
                connection,
                new byte[][] {keys.ref(keyPackage.ref())},
                values.seal(owner.toString()),
                Script.number(keyPackage.lastResort() ? 1 : 0),
                Script.number(expiresMillis(keyPackage)));
    }

    /// Runs in steps of a few milliseconds of Redis each, one after the other.
    private Mono<List<PublishStatus>> storeAll(
            PublishRequest request, List<OfferedKeyPackage> offers, List<Boolean> own) {
        var steps = new ArrayList<PublishScript>();
        var step = new PublishScript(request);
        for (int i = 0; i < offers.size(); i++) {
            if (own.get(i)) {
                if (!step.hasRoom(offers.get(i))) {
                    steps.add(step);
                    step = new PublishScript(request);
                }
                step.add(offers.get(i));
            }
        }
        steps.add(step);
        return Flux.fromIterable(steps)
                .concatMap(PublishScript::run)
                .concatMapIterable(outcomes -> outcomes)
                .collectList()
                .map(stored -> {
                    var next = stored.iterator();
                    return own.stream()
                            .map(isOwn -> isOwn ? next.next() : PublishStatus.DUPLICATE)
                            .toList();
                });
    }

    @Override
    public Mono<Duration> chargeUpload(String user, int units) {
        return Mono.defer(() ->
                        CHARGE.run(
                                connection,
                                new byte[][] {keys.uploadDebt(user)},
                                shift(),
                                Script.number(units * UploadDebt.UNIT_MILLIS),
                                Script.number(KeyPackageLimits.CHECKS_PERIOD.toMillis()),
                                Script.number(UploadDebt.UNIT_MILLIS)))
                .map(reply -> Duration.ofMillis(ScriptReply.of(reply).number(0)))
                .onErrorMap(e -> unavailable("charge", e));
    }

    @Override
    public Mono<ClaimOutcome> claim(ClientId owner, ClaimRequest request, boolean lastResortOnly) {
        return Mono.defer(() ->
                        request.needed().isNone()
                                ? claim(owner, request, lastResortOnly, List.of())
                                : matching(owner, request)
                                        .flatMap(marks ->
                                                claim(owner, request, lastResortOnly, marks)))
                .onErrorMap(e -> unavailable("claim", e));
    }

    /// Keyed hashes of the features that the client offers and that match the request.
    private Mono<List<byte[]>> matching(ClientId owner, ClaimRequest request) {
        return connection
                .send(commands -> commands.hgetall(keys.features(owner)))
                .defaultIfEmpty(Map.of())
                .map(all ->
                        all.entrySet().stream()
                                .filter(e ->
                                        values.openFeatures(e.getValue()).cover(request.needed()))
                                .map(Map.Entry::getKey)
                                .toList());
    }

    private Mono<ClaimOutcome> claim(
            ClientId owner,
            ClaimRequest request,
            boolean lastResortOnly,
            List<byte[]> featureMarks) {
        var kinds = request.kinds();
        var arguments = new ArrayList<byte[]>();
        arguments.add(shift());
        arguments.add(Script.number(request.needed().isNone() ? 0 : 1));
        arguments.add(Script.number(lastResortOnly ? 1 : 0));
        arguments.add(Script.number(kinds.size()));
        kinds.forEach(kind -> arguments.add(name(kind)));
        arguments.addAll(featureMarks);
        return CLAIM.run(connection, keys.keyPackages(owner), arguments.toArray(byte[][]::new))
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
                values.openKeyPackage(owner, reply.bytes(0)), reply.number(1), reply.number(2));
    }

    @Override
    public Mono<Set<String>> devices(String user) {
        return connection
                .send(commands -> commands.hvals(keys.devices(user)))
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
                                kind(one.bytes(0)),
                                new KeyPackageCount(
                                        one.number(1), one.number(2) == 1, one.number(3)));
                    }
                    return counts;
                })
                .onErrorMap(e -> unavailable("count", e));
    }

    @Override
    public Mono<Long> delete(ClientId owner, DeletionScope which) {
        return switch (which) {
            case DeletionScope.All() -> delete(owner, "all", new byte[0]);
            case DeletionScope.OfKind(var kind) -> delete(owner, "kind", name(kind));
            case DeletionScope.OfRef(var ref) ->
                    delete(owner, "ref", Script.ascii(keys.refMark(ref)));
        };
    }

    @Override
    public Mono<Void> removeDevice(ClientId device) {
        return delete(device, "device", Script.ascii(keys.name(device))).then();
    }

    /// Deletes the refs first, then what lists them.
    @Override
    public Mono<Void> removeUser(String user, Set<String> devices) {
        var clients = devices.stream().map(device -> new ClientId(user, device)).toList();
        return connection
                .send(commands -> commands.hkeys(keys.revoked(user)))
                .flatMapIterable(revoked -> revoked)
                .map(RedisKeyPackageStore::text)
                .concatWith(Flux.fromIterable(clients).map(keys::name))
                .distinct()
                .concatMap(name -> removeRefs(keys.refs(user, name), 0))
                .thenMany(Flux.fromIterable(clients))
                .concatMap(client ->
                        connection.write(commands -> commands.unlink(keys.ofDevice(client))))
                .then(
                        connection.write(commands ->
                                commands.unlink(keys.claimPolicy(user), keys.devices(user))))
                .then()
                .onErrorMap(e -> unavailable("remove a user", e));
    }

    /// Deletes a client's refs, those that it lists from a rank on, and then the list.
    private Mono<Void> removeRefs(byte[] list, long from) {
        return connection
                .send(commands -> commands.zrange(list, from, from + ASKED_AT_ONCE - 1))
                .flatMap(marks ->
                        marks.isEmpty()
                                ? connection.write(commands -> commands.unlink(list)).then()
                                : Flux.fromIterable(marks)
                                        .flatMap(mark ->
                                                connection.write(commands ->
                                                        commands.unlink(keys.ref(text(mark)))))
                                        .then(
                                                Mono.defer(() ->
                                                        removeRefs(list, from + marks.size()))));
    }

    private static String text(byte[] ascii) {
        return new String(ascii, StandardCharsets.US_ASCII);
    }

    private Mono<Long> delete(ClientId owner, String what, byte[] which) {
        return DELETE.run(connection, keys.keyPackages(owner), shift(), Script.ascii(what), which)
                .map(reply -> ScriptReply.of(reply).number(0))
                .onErrorMap(e -> unavailable("delete", e));
    }

    @Override
    public Mono<Map<Bytes, ClientId>> owners(Collection<Bytes> refs) {
        return Flux.fromIterable(refs)
                .flatMap(
                        ref ->
                                connection
                                        .send(commands ->
                                                commands.hget(keys.ref(ref), Script.ascii("o")))
                                        .map(sealed -> Map.entry(ref, client(sealed))),
                        ASKED_AT_ONCE)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue)
                .onErrorMap(e -> unavailable("owners", e));
    }

    @Override
    public Mono<WelcomeRecipients> joining(GroupId group, Collection<Bytes> refs) {
        var mark = Script.ascii(keys.groupMark(group));
        var life = Script.number(JOINING_TTL_MIN.toMillis());
        return Flux.fromIterable(refs)
                .flatMap(
                        ref ->
                                JOIN.run(connection, new byte[][] {keys.ref(ref)}, mark, life)
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
                                    .flatMap(some -> having(keys::revoked, some), BATCHES_AT_ONCE)
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

    /// The users among these that have a key of a kind that few have. If none has, one command is
    /// enough. Each user that has one takes up to about 16 further commands.
    private Flux<String> having(Function<String, byte[]> key, List<String> users) {
        return connection
                .send(
                        KEY_BYTES * users.size(),
                        commands -> commands.exists(users.stream().map(key).toArray(byte[][]::new)))
                .flatMapMany(count -> {
                    if (count == 0) {
                        return Flux.empty();
                    }
                    int half = users.size() / 2;
                    return count == users.size()
                            ? Flux.fromIterable(users)
                            : Flux.concat(
                                    having(key, users.subList(0, half)),
                                    having(key, users.subList(half, users.size())));
                });
    }

    private Flux<ClientId> gone(String user, List<ClientId> devices) {
        return GONE.run(
                        connection,
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

    /// A policy may have 1,000 names, so policies are read a few at a time.
    @Override
    public Mono<Set<String>> refusing(String requester, Collection<String> owners) {
        return Flux.fromIterable(Set.copyOf(owners))
                .buffer(NAMES_PER_COMMAND_MAX)
                .flatMap(some -> having(keys::claimPolicy, some), BATCHES_AT_ONCE)
                .flatMap(
                        owner ->
                                claimPolicy(owner)
                                        .filter(policy -> !policy.lets(requester, owner))
                                        .map(_ -> owner),
                        BATCHES_AT_ONCE)
                .collect(Collectors.toSet())
                .onErrorMap(e -> unavailable("claim policies", e));
    }

    @Override
    public Mono<ClaimPolicy> claimPolicy(String user) {
        return connection
                .send(commands -> commands.get(keys.claimPolicy(user)))
                .map(values::openClaimPolicy)
                .defaultIfEmpty(ClaimPolicy.ANYONE)
                .onErrorMap(e -> unavailable("claim policy", e));
    }

    @Override
    public Mono<Void> claimPolicy(String user, ClaimPolicy policy) {
        return connection
                .write(commands -> commands.set(keys.claimPolicy(user), values.seal(policy)))
                .then()
                .onErrorMap(e -> unavailable("claim policy", e));
    }

    @Override
    public Mono<Void> announceLow(ClientId owner) {
        return connection
                .send(commands -> commands.publish(CHANNEL, values.seal(owner.toString())))
                .then()
                .onErrorMap(e -> unavailable("announce", e));
    }

    @Override
    public Flux<ClientId> low() {
        return low.asFlux();
    }

    private static byte[] name(KeyPackageKind kind) {
        return Script.ascii(kind.version() + "." + kind.suite());
    }

    private static KeyPackageKind kind(byte[] name) {
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

    /// Several commands may have been executed in part.
    private static Throwable partly(String what, Throwable cause) {
        return RedisUnavailableException.translated(
                cause, (_, e) -> new DirectoryUnavailableException(what, e));
    }

    /// Builds and runs the calls of `publish.lua`.
    private final class PublishScript {
        private final ClientId owner;
        private final int stepMax;
        private final List<byte[]> head = new ArrayList<>();
        private final Map<String, byte[]> features = new LinkedHashMap<>();
        private final List<byte[]> packages = new ArrayList<>();
        private final List<StoredKeyPackage> offered = new ArrayList<>();
        private long bytes;

        PublishScript(PublishRequest request) {
            owner = request.owner();
            stepMax = request.replace() ? REPLACE_COUNT_MAX : STEP_MAX;
            head.add(shift());
            head.add(Script.ascii(keys.name(owner)));
            head.add(values.seal(owner.device()));
            head.add(issued(request.grant().issued()));
            head.add(Script.number(request.countMax()));
            head.add(Script.number(request.replace() ? 1 : 0));
            head.add(Script.number(KINDS_MAX));
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

        /// The first KeyPackage of a step always has room.
        boolean hasRoom(OfferedKeyPackage offer) {
            return offered.isEmpty()
                    || (offered.size() < stepMax
                            && bytes + offer.keyPackage().message().size() <= SCRIPT_BYTES_MAX);
        }

        void add(OfferedKeyPackage offer) {
            var keyPackage = offer.keyPackage();
            offered.add(keyPackage);
            bytes += keyPackage.message().size();
            long expires = expiresMillis(keyPackage);
            var mark = new byte[0];
            if (!keyPackage.kind().isOpaque()) {
                var encoded = SealedValueCodec.encode(offer.features());
                var name = keys.featureMark(encoded);
                features.computeIfAbsent(name, _ -> values.sealFeatures(encoded));
                mark = Script.ascii(name);
            }
            packages.add(Script.ascii(keys.refMark(keyPackage.ref())));
            packages.add(name(keyPackage.kind()));
            packages.add(Script.number(keyPackage.lastResort() ? 1 : 0));
            packages.add(Script.ascii(String.format(Locale.ROOT, "%016d", expires)));
            packages.add(mark);
            packages.add(values.seal(keyPackage, expires));
            packages.add(Script.ascii(keys.initKeyMark(offer.initKey())));
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
            return PUBLISH.run(connection, keys.keyPackages(owner), arguments())
                    .map(ScriptReply::of)
                    .map(reply -> {
                        var outcomes = new ArrayList<PublishStatus>();
                        for (int i = 0; i < reply.size(); i++) {
                            outcomes.add(outcome(reply.number(i)));
                        }
                        return outcomes;
                    })
                    .flatMap(outcomes -> keepStored(outcomes).thenReturn(outcomes));
        }

        /// Keeps the refs of KeyPackages that were not refused, including those that were published before: that
        /// call may have failed before it kept the ref. If a ref occurs twice in this step, its
        /// first outcome counts.
        private Mono<Void> keepStored(List<PublishStatus> outcomes) {
            var seen = new HashSet<Bytes>();
            var stored = new ArrayList<StoredKeyPackage>();
            for (int i = 0; i < outcomes.size(); i++) {
                boolean published =
                        switch (outcomes.get(i)) {
                            case STORED, DUPLICATE -> true;
                            case TOO_MANY, INIT_KEY_REUSED -> false;
                        };
                if (seen.add(offered.get(i).ref()) && published) {
                    stored.add(offered.get(i));
                }
            }
            return Flux.fromIterable(stored)
                    .flatMap(keyPackage -> keep(owner, keyPackage), ASKED_AT_ONCE)
                    .then();
        }

        private static PublishStatus outcome(long number) {
            if (number < 0) {
                throw new DeviceRevokedException();
            }
            return switch ((int) number) {
                case 0 -> PublishStatus.DUPLICATE;
                case 1 -> PublishStatus.STORED;
                case 2 -> PublishStatus.TOO_MANY;
                case 3 -> PublishStatus.INIT_KEY_REUSED;
                default -> throw new IllegalStateException("no outcome: " + number);
            };
        }
    }

    /// Confined to one thread, that of the connection.
    private final class KeyPackageListener extends RedisPubSubAdapter<byte[], byte[]> {
        @Override
        public void message(byte[] channel, byte[] message) {
            if (Arrays.equals(channel, CHANNEL)) {
                try {
                    // A hint: a slow or absent subscriber reads the count itself.
                    var _ = low.tryEmitNext(ClientId.parse(values.openName(message)));
                } catch (BrokenSealException e) {
                    LOG.warn("a notice of low KeyPackages cannot be read", e);
                }
            }
        }
    }
}
