package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Hello;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Reaches every limit on incomplete requests of a small server at the same time.
final class EveryLimitAtOnceIT {
    private static final long MIB = 1 << 20;
    private static final List<String> SMALL =
            List.of(
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx384m",
                    "-XX:MaxDirectMemorySize=128m",
                    "-XX:+ExitOnOutOfMemoryError");
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("honest".getBytes(StandardCharsets.UTF_8)));

    /// Heap of a connection until its client is authenticated: as in `MemoryBudget`.
    private static final long CONNECTION_BYTES = 2_304 + (4 << 10);

    /// The longest request body with KeyPackages.
    private static final int BODY_BYTES = 1 << 20;

    /// Memory that the collector and the allocators' arenas may retain in addition.
    private static final long MARGIN_BYTES = 8 * MIB;

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir private Path folder;

    /// The budget that the server printed at its start.
    private record Budget(
            long bodies, long unauthenticatedBytes, long unfinished, long unauthenticated) {
        static Budget printedIn(String log) {
            return new Budget(
                    number(log, "bodies (\\d+) MiB") * MIB,
                    number(log, "unauthenticated connections (\\d+) MiB") * MIB,
                    number(log, "unfinished messages (\\d+) MiB") * MIB,
                    number(log, "(\\d+) at a time not authenticated"));
        }

        private static long number(String log, String pattern) {
            var found = Pattern.compile(pattern).matcher(log);
            assertThat(found.find()).as("%s in:%n%s", pattern, log).isTrue();
            return Long.parseLong(found.group(1));
        }

        /// The heap that all of it needs. G1 rounds an array of half a region or more up to whole
        /// regions of 1 MiB, so a body of 1 MiB takes two regions.
        long heap() {
            return 2 * bodies + unauthenticatedBytes + unauthenticated * CONNECTION_BYTES;
        }
    }

    /// What the server holds at one time.
    private record Held(
            double unauthenticatedBytes,
            double unfinished,
            double unauthenticated,
            double bodiesRefused) {
        boolean isEverything(Budget budget) {
            return unauthenticatedBytes >= budget.unauthenticatedBytes / 2.0
                    && unfinished >= budget.unfinished / 2.0
                    && unauthenticated >= budget.unauthenticated / 2.0
                    && bodiesRefused > 0;
        }
    }

    private String metrics(KillableServer server) {
        try {
            return http.send(
                            HttpRequest.newBuilder(server.operations().resolve("/metrics")).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// The sum of all samples of a metric whose labels match.
    private static double sum(String page, String name, String labels) {
        return Pattern.compile("(?m)^" + name + "(?:\\{[^}]*" + labels + "[^}]*})? (\\S+)$")
                .matcher(page)
                .results()
                .mapToDouble(line -> Double.parseDouble(line.group(1)))
                .sum();
    }

    private Held held(KillableServer server) {
        var page = metrics(server);
        return new Held(
                sum(page, "lockstep_gateway_strangers_bytes", ""),
                sum(page, "lockstep_gateway_unfinished_bytes", ""),
                sum(page, "lockstep_gateway_handshakes", ""),
                sum(page, "lockstep_gateway_http_requests_total", "status=\"503\""));
    }

    /// Bytes of reachable heap objects.
    private double liveHeap(KillableServer server) throws Exception {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var collected =
                new ProcessBuilder(jcmd, Long.toString(server.pid()), "GC.run")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("jcmd.log").toFile())
                        .start();
        assertThat(collected.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return sum(metrics(server), "jvm_memory_used_bytes", "area=\"heap\"");
    }

    private double direct(KillableServer server) {
        return sum(metrics(server), "netty_allocator_memory_used", "memory_type=\"direct\"");
    }

    private static byte[] hello(String name) {
        return FrameCodec.encodePayload(
                FrameFormat.PROTO,
                ClientFrame.newBuilder()
                        .setHello(Hello.newBuilder().setToken("dev:" + name))
                        .build());
    }

    private static void begin(PartialConnections intruder, Budget budget) {
        // Each address may use an eighth of the bytes of unauthenticated connections, and a quarter
        // of their number.
        for (int i = 0; i < 20; i++) {
            var from = "127.0.1." + (i + 1);
            for (int j = 0; j < 2; j++) {
                intruder.start(from, 256, PartialConnections.hello(512 << 10, 200 << 10));
            }
        }
        for (int i = 0; i < 40; i++) {
            var name = "u" + i + "/d";
            intruder.start(
                    "127.0.2." + (i + 1),
                    PartialConnections.DRIP_BYTES,
                    PartialConnections.message(() -> hello(name), 2 << 20, 300 << 10));
        }
        for (int i = 0; i < budget.bodies / BODY_BYTES + 20; i++) {
            intruder.start(
                    "127.0.3." + (i + 1),
                    4 << 10,
                    PartialConnections.body("b" + i + "/d", BODY_BYTES, BODY_BYTES / 10 * 9));
        }
        for (int i = 0; i < budget.unauthenticated + 100; i++) {
            intruder.start("127.0.4." + (i % 50 + 1), 16, PartialConnections.head());
        }
    }

    private static void sends(LockstepClient client, long position) {
        var accepted =
                client.send(GROUP, MlsBytes.application(GROUP, 0, position, 1_000))
                        .block(Duration.ofSeconds(10));
        assertThat(accepted).isNotNull().returns(position, a -> a.position());
    }

    /// Each limit worked alone, but no test had reached all of them on one running server.
    @Test
    @Timeout(120)
    void allLimitsTogetherStayWithinThePrintedBudget() throws Exception {
        try (var server =
                        KillableServer.startWithin(
                                SMALL, folder, "--set", "limits.hello-timeout=30s");
                var network = ClientNetwork.start(1);
                var intruder = new PartialConnections(server.webSocket())) {
            var budget = Budget.printedIn(server.log());
            var honest = Clients.connect(network, server, "alice/phone");
            honest.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY).block();
            sends(honest, 1);
            double heapBefore = liveHeap(server);

            begin(intruder, budget);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(100))
                    .untilAsserted(() -> {
                        var held = held(server);
                        assertThat(held.isEverything(budget))
                                .as("%s of %s; %d lost", held, budget, intruder.lost())
                                .isTrue();
                    });
            sends(honest, 2);
            Clients.connect(network, server, "bob/phone").close();
            var most = held(server);
            double heap = liveHeap(server);
            double direct = direct(server);
            System.out.printf(
                    "limits at once: %s of %s; heap +%d MiB, direct %d MiB; %d connections ended%n",
                    most,
                    budget,
                    (long) (heap - heapBefore) / MIB,
                    (long) direct / MIB,
                    intruder.lost());
            assertThat(most.unauthenticatedBytes())
                    .isLessThanOrEqualTo((double) budget.unauthenticatedBytes);
            assertThat(most.unfinished()).isLessThanOrEqualTo((double) budget.unfinished);
            assertThat(most.unauthenticated()).isLessThanOrEqualTo((double) budget.unauthenticated);
            assertThat(heap).isLessThanOrEqualTo(384 * MIB / 8 * 7);
            assertThat(heap - heapBefore)
                    .isLessThanOrEqualTo((double) (budget.heap() + MARGIN_BYTES));
            assertThat(direct).isLessThanOrEqualTo(128 * MIB / 8 * 7);

            intruder.closeAll();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> {
                        var left = held(server);
                        assertThat(
                                        left.unauthenticatedBytes()
                                                + left.unfinished()
                                                + left.unauthenticated())
                                .as("%s", left)
                                .isZero();
                    });
            sends(honest, 3);
            assertThat(liveHeap(server)).isLessThanOrEqualTo(heapBefore + MARGIN_BYTES);
            assertThat(server.isAlive()).isTrue();
            assertThat(server.log())
                    .doesNotContain("OutOfMemoryError", "OutOfDirectMemoryError", "LEAK");
            assertThat(sum(metrics(server), "lockstep_gateway_memory_shortages_total", ""))
                    .isZero();
        }
    }
}
