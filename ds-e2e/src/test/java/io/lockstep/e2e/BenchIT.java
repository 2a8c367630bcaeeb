package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.bench.BenchCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

/// Runs the load generator with small loads against a real server, to test that it works. It
/// measures nothing.
final class BenchIT {
    private static final String CLASS_PATH = "java.class.path";
    private static final String OWN_CLASS_PATH = System.getProperty(CLASS_PATH);

    @TempDir private Path folder;

    /// The load generator starts programs with the class path of its own process.
    @BeforeAll
    static void leaveOutTests() {
        System.setProperty(CLASS_PATH, ChildJvm.classPath());
    }

    @AfterAll
    static void takeTestsBack() {
        System.setProperty(CLASS_PATH, OWN_CLASS_PATH);
    }

    @Test
    void fiftyReceiversInTwoProcessesGetEveryBurst() throws Exception {
        var data = folder.resolve("server");
        var out = folder.resolve("report/fanout");
        try (var server = KillableServer.start(data)) {
            int exit =
                    new CommandLine(new BenchCommand())
                            .execute(
                                    "fanout",
                                    "--server",
                                    data.toString(),
                                    "--receivers",
                                    "50",
                                    "--processes",
                                    "2",
                                    "--messages",
                                    "3",
                                    "--burst",
                                    "10",
                                    "--rate",
                                    "20",
                                    "--rounds",
                                    "1",
                                    "--warm-up",
                                    "0",
                                    "--check",
                                    "lost==0",
                                    "--check",
                                    "otherBytes==0",
                                    "--check",
                                    "faults==0",
                                    "--check",
                                    "deliveries==1500",
                                    "--out",
                                    out.toString());
            assertThat(exit).as(server::log).isZero();
        }
        var report =
                JsonMapper.builder().build().readTree(Files.readString(Path.of(out + ".json")));
        assertThat(report.at("/summary/deliveries/value").asLong()).isEqualTo(1500);
        assertThat(report.at("/summary/cpuMicrosPerDelivery/value").isNumber()).isTrue();
        assertThat(Files.readString(Path.of(out + ".html"))).contains("<svg");
    }

    @Test
    void aStalledReceiverReconnectsAndMemoryIsSampledOverTls() throws Exception {
        var out = folder.resolve("soak");

        // Enough messages for a few garbage collections in each half: memory growth is computed
        // from those.
        run(
                "fanout --tls --receivers 20 --stalled 1 --rate 60 --for 5s --sample 1 --warm-up 0",
                out,
                "reading.lost==0",
                "stalled.lost==0",
                "stalled.faults==0",
                "stalled.deliveries<5850",
                "heap.growth<1",
                "gc.longest<10s");

        assertThat(Files.readString(Path.of(out + ".html")))
                .contains("Resident memory", "Heap in use after each pause");
        assertThat(Files.readString(Path.of(out + ".txt"))).contains("GC pauses of server 1: ");
    }

    @Test
    void chatsAreMeasuredAloneAndDuringABroadcast() throws Exception {
        run(
                "mixed --receivers 20 --chats 3 --seconds 1 --broadcasts 4 --rounds 2 --warm-up 0",
                folder.resolve("mixed"),
                "lost==0",
                "faults==0",
                "alone.p99>0",
                "beside.p99>0",
                "p99.ratio>0");
    }

    @Test
    void chatsContinueWhileAllMembersOfAnotherGroupReconnect() throws Exception {
        run(
                "reconnect --receivers 20 --missed 10 --within 1 --chats 3 --rounds 1 --warm-up 0",
                folder.resolve("reconnect"),
                "lost==0",
                "faults==0",
                "otherBytes==0",
                "alone.p99>0",
                "beside.p99>0");
    }

    @Test
    void aLongCommitPassesByReference() throws Exception {
        run(
                "reference --receivers 20 --fetchers 3 --commit-bytes 1000000 --rounds 2"
                        + " --warm-up 0",
                folder.resolve("reference"),
                "lost==0",
                "otherBytes==0",
                "faults==0",
                "deliveries==20",
                "blobBytes==3000000",
                "delivered.last>0",
                // The loopback device also carries what tests in other JVMs send.
                "loopbackBytes>=0",
                "server.lockstep_fanout_bytes_total<10k");
    }

    @Test
    void aRealGroupOfManyLeavesIsCreatedOnceAndItsMessagesAndCommitsAreRead() throws Exception {
        var kept = " --engine bcmls --leaves 500 --mls-folder " + folder.resolve("mls");

        run(
                "fanout --receivers 5 --messages 3 --rate 20 --rounds 1 --warm-up 0" + kept,
                folder.resolve("real"),
                "lost==0",
                "otherBytes==0",
                "faults==0");
        assertThat(folder.resolve("mls/group-of-500.mls")).isNotEmptyFile();
        run(
                "reference --receivers 5 --fetchers 2 --rounds 1 --warm-up 0" + kept,
                folder.resolve("commit"),
                "commitBytes>40000",
                "lost==0",
                "otherBytes==0",
                "faults==0");
    }

    /// Runs a command on a server of its own.
    private static void run(String command, Path out, String... checks) throws Exception {
        var arguments = new ArrayList<>(List.of(command.split(" ")));
        for (var check : checks) {
            arguments.addAll(List.of("--check", check));
        }
        arguments.addAll(List.of("--out", out.toString()));
        ChildJvm.archive("io.lockstep.server.Main")
                .forEach(option -> arguments.add("--server-java=" + option));
        int exit = new CommandLine(new BenchCommand()).execute(arguments.toArray(String[]::new));
        assertThat(exit)
                .as(() -> Files.exists(Path.of(out + ".txt")) ? read(out + ".txt") : "no report")
                .isZero();
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
