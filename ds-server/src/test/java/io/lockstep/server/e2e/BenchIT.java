package io.lockstep.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.load.BenchCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

/// The load generator against a real server: small, to see that it works; it measures nothing here.
final class BenchIT {
    @TempDir private Path folder;

    @Test
    void fiftyReceiversInTwoProcessesGetEveryBurst() throws Exception {
        var data = folder.resolve("server");
        var out = folder.resolve("report/fanout");
        try (var server = ServerProcess.start(data)) {
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
}
