package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.crypto.KeyPackageMaker;
import io.lockstep.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Publishes and claims KeyPackages over HTTP. Prints the rate, and the server's CPU time for each
/// KeyPackage, with signature checks separate from the rest. The system property
/// `lockstep.key-packages` sets their number; `lockstep.measure=true` starts the server's JVM with
/// production options.
final class KeyPackageLoadIT {
    private static final int KEY_PACKAGES = Integer.getInteger("lockstep.key-packages", 400);
    private static final int OWNERS = KEY_PACKAGES >= 50_000 ? 50 : 4;
    private static final int EACH = KEY_PACKAGES / OWNERS;
    private static final int UPLOAD = Math.min(EACH, 1_000);
    private static final int CLIENTS = 4;
    private static final double NANOS_PER_MICRO = 1e3;

    @TempDir private Path folder;

    @Test
    void allPublishedKeyPackagesAreClaimed() throws Exception {
        var uploads = new ArrayList<Upload>();
        for (int owner = 0; owner < OWNERS; owner++) {
            for (int from = 0; from < EACH; from += UPLOAD) {
                uploads.add(Upload.of(owner, Math.min(UPLOAD, EACH - from)));
            }
        }
        try (var server =
                KillableServer.start(
                        folder,
                        "--set",
                        "key-packages.claims-per-requester=0",
                        "--set",
                        "key-packages.claims-per-target=0")) {
            measure(server, "published", OWNERS * EACH, () -> publish(server, uploads));
            var refs = ConcurrentHashMap.<String>newKeySet();
            int half = OWNERS / 2;
            measure(server, "claimed alone", half * EACH, () -> claimAlone(server, half, refs));
            measure(
                    server,
                    "claimed in bulk",
                    (OWNERS - half) * EACH,
                    () -> claimInBulk(server, half, refs));
            assertThat(refs).hasSize(OWNERS * EACH);
        }
    }

    private record Upload(ClientId owner, Bytes body, int count) {
        static Upload of(int owner, int count) {
            var client = new ClientId("owner" + owner, "phone");
            var body = new ByteArrayOutputStream();
            for (int i = 0; i < count; i++) {
                body.writeBytes(
                        KeyPackageMaker.of(client.toString()).holdingNow().bare().toArray());
            }
            return new Upload(client, Bytes.wrap(body.toByteArray()), count);
        }
    }

    private static void publish(KillableServer server, List<Upload> uploads) throws Exception {
        inParallel(
                uploads.size(),
                i -> {
                    var upload = uploads.get(i);
                    try (var calls = new DirectoryCalls(server, upload.owner())) {
                        assertThat(calls.publish(upload.body().toArray()).path("stored").asInt())
                                .isEqualTo(upload.count());
                    }
                });
    }

    /// One request for each KeyPackage.
    private static void claimAlone(
            KillableServer server, int owners, ConcurrentHashMap.KeySetView<String, Boolean> refs)
            throws Exception {
        inParallel(
                CLIENTS,
                c -> {
                    try (var calls = new DirectoryCalls(server, new ClientId("c" + c, "d"))) {
                        for (int i = c; i < owners * EACH; i += CLIENTS) {
                            var answer = calls.claim("owner" + i % owners);
                            var ref = answer.path("claimed").path(0).path("ref").asString();
                            assertThat(refs.add(ref)).isTrue();
                        }
                    }
                });
    }

    /// One request for one KeyPackage of each owner.
    private static void claimInBulk(
            KillableServer server, int from, ConcurrentHashMap.KeySetView<String, Boolean> refs)
            throws Exception {
        var users = IntStream.range(from, OWNERS).mapToObj(i -> "owner" + i).toList();
        inParallel(
                CLIENTS,
                c -> {
                    try (var calls = new DirectoryCalls(server, new ClientId("b" + c, "d"))) {
                        for (int i = c; i < EACH; i += CLIENTS) {
                            var lines = calls.claimAll(users);
                            assertThat(new HashSet<>(lines)).hasSize(users.size());
                            lines.forEach(line ->
                                    assertThat(refs.add(line.path("ref").asString())).isTrue());
                        }
                    }
                });
    }

    private interface Numbered {
        void run(int number);
    }

    private static void inParallel(int count, Numbered task) throws Exception {
        var tasks = new ArrayList<Callable<Void>>();
        for (int i = 0; i < count; i++) {
            int number = i;
            tasks.add(() -> {
                task.run(number);
                return null;
            });
        }
        try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
            for (var done : threads.invokeAll(tasks)) {
                done.get();
            }
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    private static void measure(KillableServer server, String what, int count, Step step)
            throws Exception {
        var before = Cost.of(server);
        long begun = System.nanoTime();
        step.run();
        long took = System.nanoTime() - begun;
        var spent = Cost.of(server).minus(before);
        System.out.printf(
                "%-16s %6d  %7.0f/s  server CPU %6.0f us each: signatures %6.0f, rest %6.0f;"
                        + " Redis %5.0f%n",
                what,
                count,
                count * 1e9 / took,
                spent.server().toNanos() / NANOS_PER_MICRO / count,
                spent.signatures().toNanos() / NANOS_PER_MICRO / count,
                spent.server().minus(spent.signatures()).toNanos() / NANOS_PER_MICRO / count,
                spent.redis().toNanos() / NANOS_PER_MICRO / count);
    }

    /// CPU time so far: of the server process, of its signature checks by its own metric, and of
    /// its child process Redis.
    private record Cost(Duration server, Duration signatures, Duration redis) {
        static Cost of(KillableServer server) throws Exception {
            var handle = ProcessHandle.of(server.pid()).orElseThrow();
            var redis =
                    handle.descendants()
                            .map(child -> child.info().totalCpuDuration().orElse(Duration.ZERO))
                            .reduce(Duration.ZERO, Duration::plus);
            return new Cost(
                    handle.info().totalCpuDuration().orElseThrow(), signatures(server), redis);
        }

        private static Duration signatures(KillableServer server) throws Exception {
            try (var http = HttpClient.newHttpClient()) {
                var metrics =
                        http.send(
                                        HttpRequest.newBuilder(
                                                        server.operations().resolve("/metrics"))
                                                .build(),
                                        BodyHandlers.ofString())
                                .body();
                double seconds =
                        metrics.lines()
                                .filter(line ->
                                        line.startsWith(
                                                "lockstep_directory_signatures_cpu_seconds"))
                                .mapToDouble(line ->
                                        Double.parseDouble(
                                                line.substring(line.lastIndexOf(' ') + 1)))
                                .sum();
                return Duration.ofNanos((long) (seconds * 1e9));
            }
        }

        Cost minus(Cost other) {
            return new Cost(
                    server.minus(other.server),
                    signatures.minus(other.signatures),
                    redis.minus(other.redis));
        }
    }
}
