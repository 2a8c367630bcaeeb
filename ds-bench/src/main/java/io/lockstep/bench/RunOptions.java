package io.lockstep.bench;

import io.lockstep.bench.report.ResultCheck;
import io.lockstep.bench.traffic.SizeProfile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The options of every mode.
final class RunOptions {
    @Option(
            names = "--server",
            paramLabel = "WHERE",
            description = {
                "a running development server: http://host:port, followed by ,http://host:port of",
                "its operations port for CPU and metrics; or its data folder. Repeatable."
            })
    List<String> server = new ArrayList<>();

    @Option(
            names = "--servers",
            defaultValue = "1",
            description = "else: number of development servers to start, on one Redis (default: 1)")
    int servers = 1;

    @Option(
            names = "--server-java",
            paramLabel = "OPTION",
            description = "a further option for the java of servers started here; repeatable")
    List<String> serverJava = new ArrayList<>();

    @Option(
            names = "--server-set",
            paramLabel = "KEY=VALUE",
            description = "a setting of servers started here; repeatable")
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
            description = "measured rounds; medians are taken over them (default: 7)")
    int rounds = 7;

    @Option(
            names = "--warm-up",
            defaultValue = "2",
            description = "rounds before them that are not measured (default: 2)")
    int warmUp = 2;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = {
                "one measured round of this length (90s, 10m), at a constant rate, after the",
                "warm-up; records the servers' memory and pauses (default: short rounds)"
            })
    Optional<Duration> length = Optional.empty();

    @Option(
            names = "--sample",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "between two samples of the servers' memory (default: 5)")
    int sampleSeconds = 5;

    @Option(names = "--tls", description = "servers started here accept only TLS connections")
    boolean tls;

    @Option(names = "--seed", defaultValue = "1", description = "random seed (default: 1)")
    long seed = 1;

    @Option(
            names = "--check",
            paramLabel = "CONDITION",
            description = {
                "such as 'p99<50ms', 'lost==0', 'max.p99<1s'; repeatable. The exit code is 1 when",
                "one fails. Fields are those of the report."
            })
    List<String> check = new ArrayList<>();

    @Option(
            names = "--out",
            paramLabel = "BASE",
            description = "write BASE.json, BASE.html and BASE.txt")
    Optional<Path> out = Optional.empty();

    @Option(names = "--trust-all", description = "trust any certificate (wss:)")
    boolean trustAll;

    int countedRounds() {
        return length.isPresent() ? 1 : rounds;
    }

    /// Servers started here have self-signed certificates.
    boolean believesAll() {
        return trustAll || tls;
    }

    List<ResultCheck> checks() {
        return check.stream().map(ResultCheck::parse).toList();
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
