package io.lockstep.server;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs a server until the process is told to stop (SIGTERM, Ctrl-C), then stops it in good order
/// and exits with 0.
///
/// A stop always ends: a thread created at start halts the process if the stop exceeds its maximum
/// time, for example because a server thread is stuck.
final class ServerRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ServerRunner.class);

    /// Added to the server's own maximum: the time to close the store and the ports.
    static final Duration STOP_MARGIN = Duration.ofSeconds(8);

    private static final Duration LINE_MAX = Duration.ofMillis(500);

    private final RunningServer server;
    private final ConsoleOutput out;
    private final AtomicInteger exitCode = new AtomicInteger();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    private ServerRunner(RunningServer server, ConsoleOutput out) {
        this.server = server;
        this.out = out;
    }

    static int run(Supplier<RunningServer> starting, ConsoleOutput out)
            throws InterruptedException {
        long begin = System.nanoTime();
        var server = starting.get();
        new ServerRunner(server, out).prepare();
        server.banner().forEach(out::line);
        out.line(
                "ready in %d ms; stop with Ctrl-C"
                        .formatted((System.nanoTime() - begin) / 1_000_000));
        // Nothing counts down: the shutdown hook ends the process.
        new CountDownLatch(1).await();
        return 0;
    }

    /// Creates both threads now: without memory they could not be created later.
    private void prepare() {
        Thread.ofPlatform().name("lockstep-deadline").daemon().start(this::haltWhenLate);
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "lockstep-stop"));
        server.onOutOfMemory(() -> {
            exitCode.set(Main.OUT_OF_MEMORY);
            System.exit(Main.OUT_OF_MEMORY);
        });
    }

    private void haltWhenLate() {
        try {
            stopping.await();
            if (!stopped.await(
                    server.stopMax().plus(STOP_MARGIN).toMillis(), TimeUnit.MILLISECONDS)) {
                halt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The log appender itself may be stuck, so the wait for this line is short.
    private void halt() throws InterruptedException {
        try {
            var line =
                    Thread.ofVirtual()
                            .start(() -> LOG.error("the stop took too long: the process is ended"));
            line.join(LINE_MAX);
        } finally {
            Runtime.getRuntime().halt(exitCode.get() == 0 ? Main.FAILED : exitCode.get());
        }
    }

    /// In a shutdown hook the exit code is the signal's. A stop in good order is not a failure, so
    /// the process is halted here with 0.
    private void stop() {
        stopping.countDown();
        int code = Main.FAILED;
        try {
            server.close();
            out.line("stopped");
            code = exitCode.get();
        } finally {
            stopped.countDown();
            Runtime.getRuntime().halt(code);
        }
    }
}
