package io.lockstep.server;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs a server until the process is told to stop (SIGTERM, Ctrl-C), then stops it in good order and
/// exits with 0.
///
/// A stop ends in any case: a thread that stands ready from the start halts the process when the stop takes longer than
/// it may, as with a thread of the server that is stuck.
final class ServerRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ServerRunner.class);

    /// Beyond what a stop may take by the server's own word: the store's and the ports' end.
    static final Duration SLACK = Duration.ofSeconds(8);

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
        // Nothing counts down: the hook ends the process.
        new CountDownLatch(1).await();
        return 0;
    }

    /// Both threads are made now: without memory none can be made later.
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
            if (!stopped.await(server.stopMax().plus(SLACK).toMillis(), TimeUnit.MILLISECONDS)) {
                halt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// What writes the line may be what is stuck, so nobody waits for it long.
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

    /// In a shutdown hook the exit code is the signal's; a stop in good order is no failure, so the process is
    /// ended here.
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
