package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.GroupPolicy;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One of many receivers stops reading while the group continues.
///
/// Small in the normal build; at full size:
/// `./mvnw verify -pl ds-server -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false
/// -Dit.test=SlowReceiverIT -Dfailsafe.failIfNoSpecifiedTests=false
/// -Dslow.receivers=500 -Dslow.megabytes=200`
final class SlowReceiverIT {
    private static final int RECEIVERS = Integer.getInteger("slow.receivers", 40);
    private static final int MEGABYTES = Integer.getInteger("slow.megabytes", 32);
    private static final int MESSAGE_BYTES = 48 << 10;
    private static final int MESSAGES = (MEGABYTES << 20) / MESSAGE_BYTES;
    // How many positions the other receivers may be behind the sender.
    private static final int AHEAD_MAX = 8;
    private static final int SAMPLES = 10;
    // Growth of the allocator's arenas after the first tenth. A queue for the slow receiver would
    // hold nine tenths of all bytes.
    private static final long GROWTH_KB_MAX = 64 << 10;
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("slow".getBytes(StandardCharsets.UTF_8)));

    private final ConcurrentHashMap<Long, ByteString> sent = new ConcurrentHashMap<>();

    @TempDir private Path folder;

    @Test
    @DisplayName(
            "I7: a receiver that stops reading costs a position, not a queue, and misses nothing")
    void aSlowReceiverCostsAPosition() throws IOException {
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (var server =
                        // A receiver that does not read does not answer pings either.
                        KillableServer.start(folder, "--set", "limits.ping-interval=10m");
                var network = ClientNetwork.start(1);
                var sender = Clients.connect(network, server, "sender/d")) {
            prepare(sender);
            var receivers =
                    IntStream.range(0, RECEIVERS)
                            .mapToObj(i ->
                                    new RawReceiver(
                                            name(i),
                                            GROUP,
                                            server.webSocket(),
                                            loops,
                                            p -> sent.getOrDefault(p, ByteString.EMPTY)))
                            .toList();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> receivers.stream().allMatch(RawReceiver::isLive));
            var slow = receivers.getFirst();
            var others = receivers.subList(1, receivers.size());

            long before = send(sender, others, 2, MESSAGES / 10);
            slow.stopReading();
            var memory = new ArrayList<Long>();
            long after = before;
            var latencies = new ArrayList<long[]>();
            for (int sample = 1; sample < SAMPLES; sample++) {
                latencies.add(new long[] {System.nanoTime()});
                after = send(sender, others, after + 1, MESSAGES / 10);
                latencies.getLast()[0] = System.nanoTime() - latencies.getLast()[0];
                memory.add(residentKb(server.pid()));
            }

            System.out.printf(
                    "I7: %d receivers, %d MB, %d messages; one stopped reading at %d of %d%n",
                    RECEIVERS, MEGABYTES, MESSAGES, slow.position(), after);
            System.out.printf("I7: server RSS after each tenth, MB: %s%n", inMb(memory));
            System.out.printf(
                    "I7: time for each tenth with one slow, ms: %s%n",
                    latencies.stream().map(l -> l[0] / 1_000_000).toList());
            assertThat(slow.position())
                    .as("the others have everything, the slow one has not")
                    .isLessThan(after);
            assertThat(memory.getLast() - memory.getFirst())
                    .as("resident memory of the server, kB: %s", memory)
                    .isLessThan(GROWTH_KB_MAX);

            slow.readOn();
            long end = after;
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> slow.position() == end || !slow.fault().isEmpty());
            assertThat(receivers).allSatisfy(r -> assertThat(r.fault()).isEmpty());
            assertThat(slow.firstPosition()).isEqualTo(2);
            receivers.forEach(RawReceiver::close);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static String name(int receiver) {
        return "r%04d/d".formatted(receiver);
    }

    /// Position 1 is the commit that adds all members.
    private static void prepare(LockstepClient sender) {
        sender.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY).block();
        var everybody = IntStream.range(0, RECEIVERS).mapToObj(SlowReceiverIT::name).toList();
        sender.commit(
                        new CommitBundle(
                                GROUP,
                                MlsBytes.commit(GROUP, 0, 0, 300),
                                Bytes.EMPTY,
                                Bytes.EMPTY,
                                everybody,
                                List.of(),
                                0))
                .block();
    }

    /// Sends `count` messages, at most [#AHEAD_MAX] ahead of the slowest of the others, and waits
    /// until all have received all.
    ///
    /// @return the last position
    private long send(LockstepClient sender, List<RawReceiver> others, long first, int count) {
        for (long position = first; position < first + count; position++) {
            var message = MlsBytes.application(GROUP, 1, position, MESSAGE_BYTES);
            sent.put(position, message.asByteString());
            var accepted = sender.send(GROUP, message).block(Duration.ofSeconds(30));
            assertThat(accepted).isNotNull().returns(position, a -> a.position());
            awaitPosition(others, position - AHEAD_MAX);
        }
        awaitPosition(others, first + count - 1);
        return first + count - 1;
    }

    private static void awaitPosition(List<RawReceiver> others, long position) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() ->
                        others.stream()
                                .allMatch(r -> r.position() >= position || !r.fault().isEmpty()));
    }

    private static long residentKb(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .map(line -> Arrays.asList(line.split("\\s+")).get(1))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    private static List<Long> inMb(List<Long> kilobytes) {
        return kilobytes.stream().map(k -> k >> 10).toList();
    }
}
