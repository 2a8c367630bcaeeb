package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.LogCursor;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.GroupPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/// Many clients download a tree while a chat continues. Small by default. The size of a large
/// group:
/// `-Dlockstep.tree.clients=100 -Dlockstep.tree.bytes=10000000 -Dlockstep.tree.rounds=5`.
final class TreeDownloadIT {
    private static final Logger LOG = LoggerFactory.getLogger(TreeDownloadIT.class);
    private static final int CLIENTS = Integer.getInteger("lockstep.tree.clients", 20);
    private static final int TREE_BYTES = Integer.getInteger("lockstep.tree.bytes", 2_000_000);
    private static final int ROUNDS = Integer.getInteger("lockstep.tree.rounds", 2);
    private static final Duration CHAT_EVERY = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("large".getBytes(StandardCharsets.UTF_8)));

    @TempDir private Path folder;

    @Test
    void aChatContinuesWhileManyClientsDownloadATree() throws Exception {
        try (var server = KillableServer.start(folder);
                var network = ClientNetwork.start(1);
                var alice = Clients.connect(network, server, "alice/phone");
                var bob = Clients.connect(network, server, "alice/laptop")) {
            alice.createGroup(GROUP, 0, open(), Bytes.EMPTY).block(PATIENCE);
            var chat = new Chat(alice, bob);
            chat.attach();
            var tree = MlsBytes.random(TREE_BYTES);
            alice.blobs().upload(GROUP, tree).block(PATIENCE);

            chat.talkFor(Duration.ofSeconds(2));
            chat.take();
            chat.talkFor(Duration.ofSeconds(5));
            var quiet = chat.take();
            long before = rssKib(server);

            var fetched = new AtomicBoolean();
            var talking = Thread.ofVirtual().start(() -> chat.talkWhile(() -> !fetched.get()));
            long begun = System.nanoTime();
            long peak = fetchAll(server, tree);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            fetched.set(true);
            talking.join();
            var busy = chat.take();

            double mib = (double) CLIENTS * ROUNDS * TREE_BYTES / (1 << 20);
            LOG.info(
                    "{} clients x {} rounds x {} bytes: {} ms, {} MiB/s",
                    CLIENTS,
                    ROUNDS,
                    TREE_BYTES,
                    millis,
                    Math.round(mib * 1000 / millis));
            LOG.info("chat without downloads: {}", describe(quiet));
            LOG.info("chat with downloads:    {}", describe(busy));
            LOG.info("server RSS: {} MiB before, {} MiB at most", before >> 10, peak >> 10);
            assertThat(quiet).isNotEmpty();
            assertThat(busy).isNotEmpty();
            assertThat((peak - before) >> 10)
                    .as("MiB that %d downloads of %d bytes cost", CLIENTS, TREE_BYTES)
                    .isLessThan(128 + (TREE_BYTES >> 20));
        }
    }

    private static GroupPolicy open() {
        return GroupPolicy.newBuilder().setExternalJoin(ExternalJoin.EXTERNAL_JOIN_OPEN).build();
    }

    /// @return the server's largest resident memory during the downloads, in KiB
    private static long fetchAll(KillableServer server, Bytes tree) throws Exception {
        var peak = new AtomicLong();
        try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var fetches = new ArrayList<Callable<Boolean>>();
            for (int i = 0; i < CLIENTS; i++) {
                int reader = i;
                fetches.add(() -> fetch(http, server, tree, reader));
            }
            var all = fetches.stream().map(threads::submit).toList();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(10))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> {
                        peak.accumulateAndGet(rssKib(server), Math::max);
                        return all.stream().allMatch(Future::isDone);
                    });
            for (var one : all) {
                assertThat(one.get()).isTrue();
            }
        }
        return Math.max(peak.get(), rssKib(server));
    }

    private static boolean fetch(HttpClient http, KillableServer server, Bytes tree, int reader)
            throws Exception {
        var id = Base64.getUrlEncoder().withoutPadding().encodeToString(GROUP.bytes().toArray());
        var uri = URI.create(server.http() + "/v1/groups/" + id + "/blobs/" + tree.sha256().hex());
        for (int round = 0; round < ROUNDS; round++) {
            var answer =
                    http.send(
                            HttpRequest.newBuilder(uri)
                                    .header("authorization", "Bearer dev:reader" + reader + "/d")
                                    .build(),
                            BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            var digest = Bytes.newSha256();
            var buffer = new byte[64 << 10];
            try (InputStream body = answer.body()) {
                for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                    digest.update(buffer, 0, n);
                }
            }
            assertThat(Bytes.wrap(digest.digest())).isEqualTo(tree.sha256());
        }
        return true;
    }

    private static long rssKib(KillableServer server) {
        try (var lines = Files.lines(Path.of("/proc/" + server.pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String describe(List<Long> micros) {
        var sorted = new ArrayList<>(micros);
        Collections.sort(sorted);
        return sorted.size()
                + " messages, p50 "
                + sorted.get(sorted.size() / 2)
                + " us, p99 "
                + sorted.get(sorted.size() * 99 / 100)
                + " us, max "
                + sorted.getLast()
                + " us";
    }

    /// One member sends, and both receive. Measures from the call to the delivery at the sender's
    /// second device.
    private static final class Chat {
        private final LockstepClient sender;
        private final LockstepClient receiver;
        private final ConcurrentHashMap<Bytes, Long> sent = new ConcurrentHashMap<>();
        private final List<Long> micros = Collections.synchronizedList(new ArrayList<>());
        private long marker;

        Chat(LockstepClient sender, LockstepClient receiver) {
            this.sender = sender;
            this.receiver = receiver;
        }

        void attach() {
            Flux.merge(sender.events(), receiver.events())
                    .ofType(ClientEvent.Delivered.class)
                    .subscribe(this::delivered);
            sender.attach(LogCursor.unknown(GROUP)).block(PATIENCE);
        }

        private void delivered(ClientEvent.Delivered delivered) {
            var at = sent.remove(delivered.sha256());
            if (at != null) {
                micros.add(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - at));
            }
            sender.acknowledge(delivered);
        }

        void talkFor(Duration duration) {
            long end = System.nanoTime() + duration.toNanos();
            talkWhile(() -> System.nanoTime() < end);
        }

        void talkWhile(BooleanSupplier going) {
            Flux.interval(CHAT_EVERY)
                    .onBackpressureDrop()
                    .takeWhile(_ -> going.getAsBoolean())
                    .flatMap(_ -> {
                        var message = MlsBytes.application(GROUP, 0, marker++, 1000);
                        sent.put(message.sha256(), System.nanoTime());
                        return sender.send(GROUP, message);
                    })
                    .blockLast(Duration.ofMinutes(10));
            Awaitility.await().atMost(PATIENCE).until(sent::isEmpty);
        }

        List<Long> take() {
            var taken = List.copyOf(micros);
            micros.clear();
            return taken;
        }
    }
}
