package io.lockstep.bench;

import io.lockstep.bench.report.Report;
import io.lockstep.bench.report.ResultCheck;
import io.lockstep.bench.traffic.Dialect;
import io.lockstep.bench.traffic.Endpoint;
import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.SenderPool;
import io.lockstep.bench.traffic.SocketBuffers;
import io.lockstep.bench.traffic.WorkerRequest;
import io.lockstep.cli.program.Count;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The command `bench memory`: measures the memory of a connection and of a member on a server, by
/// class.
@Command(
        name = "memory",
        description = {
            "Measures a server's memory per idle connection and per member of a group.",
            "Reports live objects by class, and resident memory, plain and with TLS. The same"
                    + " connections are measured idle and attached to one group. Starts its own"
                    + " servers."
        },
        mixinStandardHelpOptions = true)
final class MemoryCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Option(
            names = "--receivers",
            defaultValue = "10000",
            description = "connections, and members of the group (default: 10000)")
    private int receivers = 10_000;

    @Option(
            names = "--warm",
            defaultValue = "2000",
            description =
                    "members of another group that connect before the measurement (default: 2000)")
    private int warm = 2_000;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description =
                    "rounds, each with its own servers; the table shows the last (default: 3)")
    private int rounds = 3;

    @Option(names = "--no-tls", description = "plain connections only")
    private boolean plainOnly;

    @Option(
            names = "--server-java",
            paramLabel = "OPTION",
            description = "a further option for the servers' java; repeatable")
    private List<String> serverJava = new ArrayList<>();

    @Option(names = "--check", description = "as for the modes, such as 'plain.idle.heap<=2048'")
    private List<String> check = new ArrayList<>();

    @Option(names = "--out", paramLabel = "BASE", description = "of .json .html .txt")
    private List<Path> out = new ArrayList<>();

    @Spec private CommandSpec spec = CommandSpec.create();

    private final ConsoleReporter screen = new ConsoleReporter(System.out);
    private final List<Map<String, Double>> played = new ArrayList<>();
    private final List<String> table = new ArrayList<>();

    /// The memory of a server at one moment.
    private record Holding(ClassHistogram living, long resident, long committed) {
        static Holding of(ServerUnderTest server) {
            long pid = server.pid().orElseThrow();
            var living = ClassHistogram.of(pid);
            return new Holding(
                    living,
                    ServerUnderTest.residentBytes(pid),
                    (long)
                            server.metrics()
                                    .orElseThrow()
                                    .sum("jvm_memory_committed_bytes", "area=\"heap\""));
        }
    }

    @Override
    public Integer call() throws IOException {
        var about = RunEnvironment.about(spec);
        var checks = check.stream().map(ResultCheck::parse).toList();
        try {
            for (int round = 0; round < rounds; round++) {
                played.add(new LinkedHashMap<>());
                table.clear();
                measure("plain", List.of());
                if (!plainOnly) {
                    withTls();
                }
            }
        } catch (BenchException e) {
            screen.say("FAILED  " + e.getMessage());
            return 2;
        }
        var report =
                new Report(
                        "Memory of " + Count.of(receivers, "connection") + ", for each of them",
                        about,
                        played,
                        Map.of(),
                        table,
                        List.of(),
                        checks);
        screen.say(report.text());
        out.forEach(report::write);
        return report.verdicts().stream().allMatch(v -> v.holds()) ? 0 : 1;
    }

    private void withTls() throws IOException {
        var folder = Files.createTempDirectory("lockstep-bench-tls-");
        var files = SelfSignedCertificate.write(folder);
        try {
            measure("tls", files.settings());
        } finally {
            Files.deleteIfExists(files.certificate());
            Files.deleteIfExists(files.key());
            Files.deleteIfExists(folder);
        }
    }

    private void measure(String name, List<String> settings) {
        try (var set = ServerSet.start(1, serverJava, settings);
                var senders = new SenderPool(true)) {
            var server = set.servers().getFirst();
            var run = new Run(server);
            var owner =
                    senders.open(
                                    List.of(new Endpoint(Dialect.LOCKSTEP, server.webSocket())),
                                    "owner",
                                    1)
                            .getFirst();
            for (var group : List.of("warm", "group")) {
                GroupSetup.found(
                        owner,
                        group + run.name + "-0",
                        MessageSource.synthetic(GroupSetup.id(group + run.name + "-0")),
                        run.members(group, group.equals("warm") ? warm : receivers));
            }
            try (var _ = run.open("warm", warm, true)) {
                long others = run.connections();
                var before = Holding.of(server);
                Holding idle;
                try (var _ = run.open("idle", receivers, false)) {
                    idle = Holding.of(server);
                }
                run.awaitConnections(others);
                try (var _ = run.open("group", receivers, true)) {
                    tell(name, before, idle, Holding.of(server));
                }
            }
        }
    }

    private void tell(String name, Holding before, Holding idle, Holding member) {
        field(name + ".idle.heap", idle.living().bytes() - before.living().bytes());
        field(name + ".idle.resident", idle.resident() - before.resident());
        field(name + ".idle.heapCommitted", idle.committed() - before.committed());
        field(name + ".member.heap", member.living().bytes() - idle.living().bytes());
        field(name + ".member.resident", member.resident() - idle.resident());
        itemise(name + ": an idle connection", idle.living().minus(before.living()));
        itemise(name + ": a member, in addition", member.living().minus(idle.living()));
    }

    private void field(String name, long bytes) {
        played.getLast().put(name, (double) bytes / receivers);
    }

    private void itemise(String title, ClassHistogram more) {
        if (!table.isEmpty()) {
            table.add("");
        }
        table.add(title + ": %.0f bytes".formatted((double) more.bytes() / receivers));
        table.add(" objects    bytes  class");
        table.addAll(more.perConnection(receivers));
    }

    /// The names and connections of one server's run.
    private final class Run {
        private final ServerUnderTest server;
        final String name = HexFormat.of().toHexDigits(new Random().nextInt());

        Run(ServerUnderTest server) {
            this.server = server;
        }

        List<String> members(String group, int count) {
            return IntStream.range(0, count).mapToObj(i -> group + name + "-" + i + "/d").toList();
        }

        WorkerPool open(String group, int count, boolean attached) {
            long before = connections();
            var fleet = WorkerPool.start(count, 0, 1);
            try {
                var seats =
                        new WorkerRequest.GroupAssignment(
                                0, count, group + name + "-", Math.max(1, count), group);
                fleet.open(
                        Dialect.LOCKSTEP,
                        List.of(server.webSocket().toString()),
                        group + name + "-",
                        attached ? List.of(seats) : List.of(),
                        SocketBuffers.systems(),
                        new Schedule(Schedule.soon(), 0),
                        true,
                        screen);
                awaitConnections(before + count);
                return fleet;
            } catch (RuntimeException e) {
                fleet.close();
                throw e;
            }
        }

        long connections() {
            return (long) server.metrics().orElseThrow().get("lockstep_gateway_connections");
        }

        void awaitConnections(long expected) {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (connections() != expected) {
                if (System.nanoTime() > deadline) {
                    throw new BenchException("some connections did not open or close");
                }
                Schedule.awaitNanos(System.nanoTime() + Duration.ofMillis(100).toNanos());
            }
        }
    }
}
