package io.lockstep.cli.demo;

import io.lockstep.cli.program.ServerAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `demo`.
@Command(
        name = "demo",
        description = {
            "Starts a server and runs real MLS clients on it.",
            "They join, send, race their commits, catch up and are removed. Then one message"
                    + " reaches many. Exits with 0 if all is well."
        },
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    @Option(
            names = "--members",
            defaultValue = "1000",
            description = "plain receivers in the second group (default: ${DEFAULT-VALUE})")
    private int members = 1000;

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "rounds of concurrent commits (default: ${DEFAULT-VALUE})")
    private int rounds = 5;

    @Option(
            names = "--server",
            paramLabel = "URL",
            converter = ServerAddress.class,
            description = "use a running development server, such as http://127.0.0.1:7420")
    private Optional<URI> server = Optional.empty();

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            defaultValue = "${env:LOCKSTEP_CA}",
            description =
                    "with --server: PEM file with the certificates to trust in place of the Java"
                            + " platform's (default: environment variable LOCKSTEP_CA)")
    private Optional<Path> ca = Optional.empty();

    @Option(names = "--seed", description = "seed of random choices except keys (default: random)")
    private Optional<Long> seed = Optional.empty();

    @Override
    public Integer call() {
        var random = new SecureRandom();
        var screen = DemoOutput.ofProcess();
        var demo = new Demo(screen, members, rounds, seed.orElse(random.nextLong() >>> 32));
        return (server.isPresent() ? against(demo, screen, server.get(), random, ca) : demo.tell())
                ? 0
                : 1;
    }

    private static boolean against(
            Demo demo, DemoOutput screen, URI http, SecureRandom random, Optional<Path> ca) {
        var webSocket = ServerAddress.webSocketOf(http);
        screen.title("Lockstep demo: real MLS clients, real WebSockets");
        screen.fact("server", "%s", webSocket);
        try {
            // The server keeps its groups, so each run needs new names.
            return demo.tell(
                    webSocket,
                    http,
                    "-" + Integer.toHexString(random.nextInt(1 << 24)),
                    ca.filter(file -> !file.toString().isEmpty()));
        } catch (ScenarioException e) {
            screen.bad("FAILED  " + e.getMessage());
            return false;
        }
    }
}
