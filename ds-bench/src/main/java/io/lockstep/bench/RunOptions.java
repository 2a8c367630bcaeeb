package io.lockstep.bench;

import io.lockstep.bench.report.Check;
import io.lockstep.bench.traffic.SizeProfile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// What every mode takes.
final class RunOptions {
    @Option(
            names = "--server",
            paramLabel = "WHERE",
            description = {
                "a development server that runs already: http://host:port, with ,http://host:port of its",
                "operations port behind it for CPU and metrics; or its data folder. Repeat for several."
            })
    List<String> server = new ArrayList<>();

    @Option(
            names = "--servers",
            defaultValue = "1",
            description = "else: development servers to start, on one Redis (default: 1)")
    int servers = 1;

    @Option(
            names = "--server-java",
            paramLabel = "OPTION",
            description = "a further option for the java of servers started here; repeat for more")
    List<String> serverJava = new ArrayList<>();

    @Option(
            names = "--server-set",
            paramLabel = "KEY=VALUE",
            description = "a setting of servers started here; repeat for more")
    List<String> serverSet = new ArrayList<>();

    @Option(
            names = "--processes",
            defaultValue = "0",
            description = "processes with receivers (default: one for each 18,000)")
    int processes;

    @Option(
            names = "--threads",
            defaultValue = "1",
            description = "event loops of each process with receivers (default: 1)")
    int threads = 1;

    @Option(
            names = {"--size", "--sizes"},
            paramLabel = "SIZE",
            defaultValue = "1024",
            description = "bytes of a message: a number, FROM-TO, or chat (default: 1024)")
    String size = "1024";

    @Option(
            names = "--rounds",
            defaultValue = "7",
            description = "rounds that count; medians are taken over them (default: 7)")
    int rounds = 7;

    @Option(
            names = "--warm-up",
            defaultValue = "2",
            description = "rounds before them that do not (default: 2)")
    int warmUp = 2;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            converter = Span.class,
            description = {
                "one round that counts, of this length (90s, 10m), at a constant rate, after the warm-up;",
                "the servers' memory and pauses are watched (default: short rounds)"
            })
    Optional<Duration> length = Optional.empty();

    @Option(
            names = "--sample",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "between two looks at the servers' memory (default: 5)")
    int sampleSeconds = 5;

    @Option(names = "--tls", description = "servers started here take TLS connections only")
    boolean tls;

    @Option(names = "--seed", defaultValue = "1", description = "of sizes and choices (default: 1)")
    long seed = 1;

    @Option(
            names = "--check",
            paramLabel = "CONDITION",
            description = {
                "such as 'p99<50ms', 'lost==0', 'max.p99<1s'; repeat for more. The exit code is 1 when one",
                "does not hold. Fields are those of the report."
            })
    List<String> check = new ArrayList<>();

    @Option(
            names = "--out",
            paramLabel = "BASE",
            description = "write BASE.json, BASE.html and BASE.txt")
    Optional<Path> out = Optional.empty();

    @Option(names = "--trust-all", description = "believe any certificate (wss:)")
    boolean trustAll;

    int countedRounds() {
        return length.isPresent() ? 1 : rounds;
    }

    /// Certificates of servers started here sign themselves.
    boolean believesAll() {
        return trustAll || tls;
    }

    List<Check> checks() {
        return check.stream().map(Check::parse).toList();
    }

    SizeProfile sizes() {
        return SizeProfile.parse(size);
    }

    ServerSet serverSet() {
        if (!server.isEmpty()) {
            return ServerSet.running(server);
        }
        var arguments = new ArrayList<String>();
        serverSet.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        return ServerSet.start(servers, serverJava, arguments, tls);
    }
}
