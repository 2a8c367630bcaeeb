package io.lockstep.server;

import io.lockstep.server.config.ServerSettings;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// A program that runs a test server. Its first argument is the server's behavior: `stops`, `hangs`
/// in its stop, or `drains` because it is out of memory right after the start. The second argument
/// is the log's format.
public final class StoppingProcess {
    private StoppingProcess() {}

    public static void main(String[] arguments) throws InterruptedException {
        LogSetup.apply(
                new ServerSettings.Log(
                        ServerSettings.Log.Level.INFO,
                        ServerSettings.Log.Format.valueOf(arguments[1])));
        ServerRunner.run(
                () -> {
                    var server = new Scripted(arguments[0]);
                    SighupHandler.on(server::reload);
                    return server;
                },
                ConsoleOutput.of(
                        LogSetup.format(),
                        new PrintWriter(System.out, true, StandardCharsets.UTF_8)));
    }

    private record Scripted(String script) implements RunningServer {
        @Override
        public List<String> banner() {
            return List.of("Lockstep", "  a \"server\" of the test");
        }

        @Override
        public void reload() {
            System.out.println("reloaded");
        }

        @Override
        public void onOutOfMemory(Runnable end) {
            if (script.equals("drains")) {
                new Thread(end).start();
            }
        }

        @Override
        public Duration stopMax() {
            // With the margin added: one second.
            return Duration.ofSeconds(1).minus(ServerRunner.STOP_MARGIN);
        }

        @Override
        public void close() {
            if (script.equals("hangs")) {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
