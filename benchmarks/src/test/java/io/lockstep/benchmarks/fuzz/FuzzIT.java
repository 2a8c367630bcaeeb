package io.lockstep.benchmarks.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Sends generated and changed sessions and requests to a server in a separate process.
/// `benchmarks/fuzz/run` plays any number of cases.
final class FuzzIT {
    private static final long SEED = Long.getLong("fuzz.seed", 1);
    private static final long FRAMES = Long.getLong("fuzz.frames", 20_000);
    private static final int CONNECTIONS = 6;

    @Test
    void aServerSurvivesAndAnswersAnyInput() throws IOException {
        var start =
                new TargetServer.Start(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                "io.lockstep.server.Main"),
                        "",
                        List.of("dev"),
                        0);
        try (var server = TargetServer.start(start)) {
            var report = new FuzzRun(server, SEED, CONNECTIONS).run(FRAMES, List.of(), false);
            assertThat(report.findings()).as("seed %d, %s", SEED, report.endings()).isEmpty();
            assertThat(report.frames()).isGreaterThanOrEqualTo(FRAMES);
            assertThat(report.roundTrips()).as("of the honest session").isPositive();
        }
    }
}
