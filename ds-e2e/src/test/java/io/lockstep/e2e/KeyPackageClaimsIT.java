package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.redis.DeploymentGuard;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisSettings;
import io.lockstep.redis.directory.RedisKeyPackageStore;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Eight clients on two server processes and one Redis claim concurrently until only last resorts
/// remain. The system property `lockstep.claims` sets the number of KeyPackages.
///
/// The store is filled directly; every claim uses HTTP. All events are ordered by one clock: once a
/// client holds a device's last resort, no claim that starts later may return a single-use
/// KeyPackage of that device. last resort of a device was in somebody's hands, no claim that begins
/// after that may bring a single-use one of it.
final class KeyPackageClaimsIT {
    private static final int CLAIMS = Integer.getInteger("lockstep.claims", 4_000);
    private static final int CLAIMERS = 8;
    private static final int USERS = 4;
    private static final int DEVICES = 25;
    private static final int EACH = Math.max(1, CLAIMS / (USERS * DEVICES));

    @TempDir private Path folder;

    /// Each single-use ref that was handed out, with its device.
    private final ConcurrentHashMap<String, String> handedOut = new ConcurrentHashMap<>();

    /// When a client first held a device's last resort, in nanoseconds.
    private final ConcurrentHashMap<String, Long> lastResortHeld = new ConcurrentHashMap<>();

    private final AtomicLong lastResorts = new AtomicLong();

    // PROTOCOL R-KP-11
    @Test
    @DisplayName(
            "I6: eight clients on two servers get every KeyPackage once, and last resorts when"
                    + " nothing else is left")
    void everyKeyPackageIsHandedOutOnce() throws Exception {
        var first = folder.resolve("a");
        var second = folder.resolve("b");
        var anyRate =
                new String[] {
                    "--set", "key-packages.claims-per-requester=0",
                    "--set", "key-packages.claims-per-target=0"
                };
        try (var one = KillableServer.start(first, anyRate)) {
            fill(one.redis(), Files.readString(first.resolve("deployment.key")).strip());
            try (var other = one.startPeer(second, anyRate)) {
                long begun = System.nanoTime();
                claimUntilOnlyLastResortsAreLeft(List.of(one, other));
                var took = Duration.ofNanos(System.nanoTime() - begun);
                System.out.printf(
                        "%d KeyPackages handed out once, %d last resorts, %d clients, 2 servers,"
                                + " %d ms%n",
                        handedOut.size(), lastResorts.get(), CLAIMERS, took.toMillis());
            }
        }
        assertThat(handedOut).hasSize(USERS * DEVICES * EACH);
        assertThat(lastResortHeld).hasSize(USERS * DEVICES);
    }

    private static void fill(String redis, String key) {
        try (var connections = RedisConnections.open(redis, RedisSettings.DEFAULT)) {
            var keyring =
                    DeploymentGuard.check(
                            connections, DeploymentKeys.of(DeploymentKey.of(Bytes.ofHex(key))));
            var store = new RedisKeyPackageStore(connections, keyring);
            for (int user = 0; user < USERS; user++) {
                for (int device = 0; device < DEVICES; device++) {
                    var client = new ClientId("user" + user, "device" + device);
                    var offers = new ArrayList<OfferedKeyPackage>();
                    offers.add(offer(client, EACH, true));
                    for (int i = 0; i < EACH; i++) {
                        offers.add(offer(client, i, false));
                    }
                    store.publish(PublishRequest.of(client, offers, false, EACH))
                            .block(Duration.ofMinutes(1));
                }
            }
        }
    }

    private static OfferedKeyPackage offer(ClientId client, int number, boolean lastResort) {
        var message =
                Bytes.wrap((client + " " + number).repeat(20).getBytes(StandardCharsets.UTF_8));
        return new OfferedKeyPackage(
                new StoredKeyPackage(
                        client,
                        message.sha256(),
                        KeyPackageKind.ofSuite(1),
                        lastResort,
                        Instant.now().plus(Duration.ofDays(1)),
                        message),
                Features.NONE);
    }

    private void claimUntilOnlyLastResortsAreLeft(List<KillableServer> servers) throws Exception {
        var tasks = new ArrayList<Callable<Void>>();
        for (int i = 0; i < CLAIMERS; i++) {
            var server = servers.get(i % servers.size());
            var claimer = new ClientId("claimer" + i, "d");
            int start = i;
            tasks.add(() -> {
                try (var calls = new DirectoryCalls(server, claimer)) {
                    for (int n = 0; n < USERS; n++) {
                        var user = "user" + (start + n) % USERS;
                        while (claim(calls, user) > 0) {
                            // Until only last resorts remain.
                        }
                    }
                }
                return null;
            });
        }
        try (var threads = Executors.newFixedThreadPool(CLAIMERS)) {
            for (var task : threads.invokeAll(tasks)) {
                task.get();
            }
        }
    }

    /// @return the number of single-use KeyPackages in the answer
    private int claim(DirectoryCalls calls, String user) {
        long begun = System.nanoTime();
        var answer = calls.claim(user);
        int single = 0;
        assertThat(answer.path("missing")).isEmpty();
        assertThat(answer.path("claimed")).hasSize(DEVICES);
        for (var one : answer.path("claimed")) {
            var device = one.path("client").asString();
            if (one.path("last_resort").asBoolean()) {
                lastResorts.incrementAndGet();
                lastResortHeld.merge(device, System.nanoTime(), Math::min);
            } else {
                single++;
                assertThat(handedOut.put(one.path("ref").asString(), device))
                        .as("handed out before")
                        .isNull();
                assertThat(begun - lastResortHeld.getOrDefault(device, Long.MAX_VALUE))
                        .as("began after the last resort was handed out")
                        .isNegative();
            }
        }
        return single;
    }
}
