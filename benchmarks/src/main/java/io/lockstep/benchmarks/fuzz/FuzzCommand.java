package io.lockstep.benchmarks.fuzz;

import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The command `benchmarks/fuzz/run`.
@Command(
        name = "fuzz/run",
        description =
                "Starts a server and sends it sessions and requests, well-formed and changed.",
        mixinStandardHelpOptions = true)
public final class FuzzCommand implements Callable<Integer> {
    @Option(names = "--frames", description = "Frames and requests (default: ${DEFAULT-VALUE}).")
    private long frames = 1_000_000;

    @Option(names = "--seed", description = "Seed of all cases (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(names = "--case", description = "Plays only these cases of the seed, in order.")
    private List<Long> cases = List.of();

    @Option(
            names = "--connections",
            description = "Concurrent connections (default: ${DEFAULT-VALUE}).")
    private int connections = 12;

    @Option(names = "--server", paramLabel = "DIR", description = "Checkout of the server.")
    private Path server = Path.of(".");

    @Option(names = "--heap", description = "Heap of the server (default: ${DEFAULT-VALUE}).")
    private String heap = "1g";

    @Option(names = "--log", paramLabel = "FILE", description = "Writes the server's log.")
    private @Nullable Path log;

    @Option(names = "--out", paramLabel = "FILE.json", description = "Writes the report.")
    private @Nullable Path out;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new FuzzCommand()).execute(arguments));
    }

    /// @return 1 if there are findings
    @Override
    public Integer call() throws IOException {
        var start =
                new TargetServer.Start(
                        List.of(server.toAbsolutePath().resolve("lockstep").toString()),
                        "-Xmx" + heap,
                        List.of("dev"),
                        0);
        try (var target = TargetServer.start(start)) {
            var report = new FuzzRun(target, seed, connections).run(frames, cases, cases.isEmpty());
            var text =
                    JsonMapper.builder()
                            .enable(SerializationFeature.INDENT_OUTPUT)
                            .build()
                            .writeValueAsString(report);
            System.out.println(text);
            System.out.printf("%,.0f frames a second%n", report.frames() / report.seconds());
            if (log != null) {
                Files.writeString(log, target.log());
            }
            if (out != null) {
                Files.writeString(out, text + "\n");
            }
            return report.findings().isEmpty() ? 0 : 1;
        }
    }
}
