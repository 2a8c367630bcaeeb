package io.lockstep.server;

import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/// Runs a server until the process is told to stop (SIGTERM, Ctrl-C), then stops it in good order and
/// exits with 0.
final class UntilStopped {
    private UntilStopped() {}

    static int run(Supplier<RunningServer> starting, PrintWriter out) throws InterruptedException {
        long begin = System.nanoTime();
        var server = starting.get();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, out), "lockstep-stop"));
        server.banner().forEach(out::println);
        out.printf("ready in %d ms; stop with Ctrl-C%n", (System.nanoTime() - begin) / 1_000_000);
        out.flush();
        // Nothing counts down: the hook ends the process.
        new CountDownLatch(1).await();
        return 0;
    }

    /// In a shutdown hook the exit code is the signal's; a stop in good order is no failure, so the process is
    /// ended here.
    private static void stop(RunningServer server, PrintWriter out) {
        int code = Main.FAILED;
        try {
            server.close();
            out.println("stopped");
            out.flush();
            code = 0;
        } finally {
            Runtime.getRuntime().halt(code);
        }
    }
}
