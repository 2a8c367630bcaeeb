package io.lockstep.redis.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import io.lockstep.directory.ClaimRequest;
import io.lockstep.directory.DeletionScope;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.redis.ScriptCase;
import io.lockstep.redis.TestRedis;
import io.lockstep.redis.auth.RedisRevocationStore;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The directory's scripts at the largest state that the limits allow, for `ScriptCostIT`.
public final class DirectoryScriptCases {
    /// Prepended to other scripts, and only run with them.
    public static final Set<String> PRELUDES = Set.of("directory/inbox", "directory/kinds");

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Instant LATER = Instant.parse("2060-01-01T00:00:00Z");
    private static final Duration SOON = Duration.ofHours(1);
    private static final int PER_SUITE_MAX = 1_000;
    private static final int UPLOAD_MAX = KeyPackageStore.REPLACE_COUNT_MAX;
    private static final int UPLOAD_BYTES_MAX = KeyPackageStore.SCRIPT_BYTES_MAX;

    private final RedisKeyPackageStore store;

    /// The same store, with a clock after [#SOON].
    private final RedisKeyPackageStore later;

    private final RedisRevocationStore revocations;
    private int serial;

    private DirectoryScriptCases(TestRedis redis) {
        store = new RedisKeyPackageStore(redis.connect(), TestRedis.KEY);
        later =
                new RedisKeyPackageStore(
                        redis.connect(), TestRedis.KEY, SOON.multipliedBy(2)::toMillis);
        revocations =
                redis.keep(
                        new RedisRevocationStore(
                                redis.connect(), TestRedis.KEY, Schedulers.parallel()));
    }

    public static List<ScriptCase> all(TestRedis redis) {
        var cases = new DirectoryScriptCases(redis);
        var all = new ArrayList<ScriptCase>();
        all.add(cases.revoke());
        all.addAll(cases.keyPackages());
        all.addAll(new InboxScriptCases(redis).all());
        return all;
    }

    private ScriptCase revoke() {
        return new ScriptCase(
                "directory/revoke",
                "as many devices revoked as can be",
                () ->
                        Flux.range(0, RevocationStore.PER_USER_MAX)
                                .concatMap(i -> revocations.revoke(revoked(i), false))
                                .then()
                                .block(PATIENCE),
                () -> revocations.revoke(revoked(0), true));
    }

    private static Revocation revoked(int number) {
        return new Revocation(new ClientId("alice", "d" + number), Instant.EPOCH);
    }

    private List<ScriptCase> keyPackages() {
        var many = new ClientId("many", "phone");
        var long1 = new ClientId("long", "phone");
        var replacing = new ClientId("replacing", "phone");
        var publishing = new ClientId("publishing", "phone");
        var handedOut = new ClientId("handed-out", "phone");
        var publishingLong = new ClientId("publishing-long", "phone");
        var expired = new ClientId("expired", "phone");
        var deleting = new ClientId("deleting", "phone");
        var everywhere =
                new ClaimRequest(
                        IntStream.rangeClosed(1, 16).boxed().toList(),
                        List.of(1),
                        new Features(Set.of(0xe000), Set.of(), Set.of()));
        var any = new ClaimRequest(everywhere.suites(), List.of(1, 2, 3, 4), Features.NONE);
        var mark = Bytes.wrap("a ref".getBytes(StandardCharsets.UTF_8)).sha256();
        var group = new GroupId(mark);
        return List.of(
                new ScriptCase(
                        "directory/claim",
                        "no package of all shelves and features will do",
                        () -> fill(many, 700),
                        () -> store.claim(many, everywhere, false)),
                new ScriptCase(
                        "directory/claim",
                        "one of as many packages as can be",
                        () -> {},
                        () -> store.claim(many, any, false)),
                new ScriptCase(
                        "directory/claim",
                        "one of packages as long as can be",
                        () -> fill(long1, 64 << 10),
                        () -> store.claim(long1, any, false)),
                new ScriptCase(
                        "directory/claim",
                        "all have expired",
                        () -> fill(expired, 700, Instant.now().minusSeconds(60)),
                        () -> store.claim(expired, any, false)),
                new ScriptCase(
                        "directory/count",
                        "as many packages as can be",
                        () -> {},
                        () -> store.count(many)),
                new ScriptCase(
                        "directory/delete",
                        "one of as many packages as can be",
                        () -> {},
                        () -> store.delete(long1, new DeletionScope.OfRef(mark))),
                new ScriptCase(
                        "directory/delete",
                        "one kind with as many packages as can be",
                        () -> {},
                        () -> {
                            fillKind(deleting, 1, 1_000, 1_000);
                            return store.delete(
                                    deleting, new DeletionScope.OfKind(KeyPackageKind.ofSuite(1)));
                        }),
                new ScriptCase(
                        "directory/delete",
                        "all of as many packages as can be",
                        () -> {},
                        () -> {
                            fill(deleting, 700);
                            return store.delete(deleting, new DeletionScope.All());
                        }),
                new ScriptCase(
                        "directory/publish",
                        "as many in one upload as can be, before which as many expired as can be",
                        () -> {},
                        () -> {
                            store.delete(publishing, new DeletionScope.All()).block(PATIENCE);
                            fill(publishing, 300, Instant.now().plus(SOON));
                            return upload(later, publishing, UPLOAD_MAX, UPLOAD_BYTES_MAX, false);
                        }),
                new ScriptCase(
                        "directory/publish",
                        "all refs have expired, no package has",
                        () -> {},
                        () -> {
                            store.delete(handedOut, new DeletionScope.All()).block(PATIENCE);
                            fill(handedOut, 300, Instant.now().plus(SOON));
                            store.delete(handedOut, new DeletionScope.All()).block(PATIENCE);
                            fill(handedOut, 300);
                            return upload(later, handedOut, UPLOAD_MAX, UPLOAD_BYTES_MAX, true);
                        }),
                new ScriptCase(
                        "directory/publish",
                        "packages as long as can be",
                        () -> {},
                        () -> {
                            store.delete(publishingLong, new DeletionScope.All()).block(PATIENCE);
                            return upload(publishingLong, 4, UPLOAD_BYTES_MAX, false);
                        }),
                new ScriptCase(
                        "directory/publish",
                        "all of a suite replaced",
                        () -> {},
                        () -> {
                            store.delete(replacing, new DeletionScope.All()).block(PATIENCE);
                            fillKind(replacing, 1, 1_000, 1_000);
                            return upload(replacing, UPLOAD_MAX, UPLOAD_BYTES_MAX, true);
                        }),
                new ScriptCase(
                        "directory/mark",
                        "a new ref",
                        () -> {},
                        () -> upload(new ClientId("mark", "phone"), 1, 100, false)),
                new ScriptCase(
                        "directory/keep",
                        "a new ref",
                        () -> {},
                        () -> upload(new ClientId("keep", "phone"), 1, 100, false)),
                new ScriptCase(
                        "directory/join",
                        "a ref",
                        () -> {},
                        () -> store.joining(group, List.of(mark))),
                new ScriptCase(
                        "directory/charge",
                        "a user that owes",
                        () -> {},
                        () -> store.chargeUpload("alice", 1)),
                new ScriptCase(
                        "directory/gone",
                        "so many devices at once, of as many as can be",
                        () -> {},
                        () ->
                                store.gone(
                                        IntStream.range(0, 256)
                                                .mapToObj(i -> revoked(i).client())
                                                .toList())));
    }

    private void fill(ClientId owner, int bytes) {
        fill(owner, bytes, LATER);
    }

    /// The maximum of KeyPackages of this size for one client, of all kinds and with all features.
    private void fill(ClientId owner, int bytes, Instant end) {
        int count =
                Math.min(
                        KeyPackageStore.PACKAGES_MAX,
                        KeyPackageStore.PACKAGE_BYTES_MAX / (bytes + 200));
        for (int from = 0; from < count; from += 500) {
            var offers = new ArrayList<OfferedKeyPackage>();
            for (int i = from; i < Math.min(count, from + 500); i++) {
                offers.add(
                        offer(
                                owner,
                                1 + i % KeyPackageStore.KINDS_MAX,
                                i / KeyPackageStore.KINDS_MAX % KeyPackageStore.FEATURES_MAX,
                                bytes,
                                end));
            }
            store.publish(PublishRequest.of(owner, offers, false, PER_SUITE_MAX)).block(PATIENCE);
        }
    }

    private void fillKind(ClientId owner, int suite, int count, int bytes) {
        var offers = new ArrayList<OfferedKeyPackage>();
        for (int i = 0; i < count; i++) {
            offers.add(offer(owner, suite, i % KeyPackageStore.FEATURES_MAX, bytes, LATER));
        }
        store.publish(PublishRequest.of(owner, offers, false, PER_SUITE_MAX)).block(PATIENCE);
    }

    private Mono<?> upload(ClientId owner, int count, int bytes, boolean replace) {
        return upload(store, owner, count, bytes, replace);
    }

    private Mono<?> upload(
            RedisKeyPackageStore at, ClientId owner, int count, int bytes, boolean replace) {
        var offers = new ArrayList<OfferedKeyPackage>();
        for (int i = 0; i < count; i++) {
            offers.add(offer(owner, 1, i % KeyPackageStore.FEATURES_MAX, bytes / count, LATER));
        }
        return at.publish(PublishRequest.of(owner, offers, replace, PER_SUITE_MAX));
    }

    private OfferedKeyPackage offer(
            ClientId owner, int suite, int feature, int bytes, Instant end) {
        var ref = Bytes.wrap((owner + " " + serial++).getBytes(StandardCharsets.UTF_8)).sha256();
        return new OfferedKeyPackage(
                new StoredKeyPackage(
                        owner,
                        ref,
                        KeyPackageKind.ofSuite(suite),
                        false,
                        end,
                        Bytes.wrap(new byte[bytes])),
                new Features(Set.of(0xf000 + feature), Set.of(), Set.of()),
                ref);
    }
}
