package io.lockstep.e2e;

import io.lockstep.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/// Runs `lockstep` commands as one device: each in a separate process, as a user would, or faster
/// in this process.
///
/// @param state the device's state folder
record CommandRunner(KillableServer server, String name, Path state) {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String MAIN = "io.lockstep.cli.Main";

    /// @param out lines of standard output; `error` is the error output
    record Ran(int exit, List<String> out, String error) {
        Ran {
            out = List.copyOf(out);
        }

        Ran successfully() {
            if (exit != 0) {
                throw new AssertionError("exit code " + exit + ": " + error);
            }
            return this;
        }

        String valueOf(String field) {
            return out.stream()
                    .filter(line -> line.startsWith(field + " "))
                    .map(line -> line.substring(field.length()).strip())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + field + " in " + out));
        }
    }

    /// Runs in this process: the same except for the start of a JVM.
    Ran here(String... arguments) {
        return inThisProcess(withDevice(arguments));
    }

    /// Runs any command in this process.
    static Ran inThisProcess(List<String> arguments) {
        var out = new StringWriter();
        var error = new StringWriter();
        int exit =
                Main.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(error, true))
                        .execute(arguments.toArray(String[]::new));
        return new Ran(exit, out.toString().lines().toList(), error.toString().strip());
    }

    /// Runs in a separate process.
    Ran lockstep(String... arguments) {
        try {
            var out = Files.createTempFile("lockstep", ".out");
            var error = Files.createTempFile("lockstep", ".err");
            var process =
                    new ProcessBuilder(command(arguments))
                            .redirectOutput(out.toFile())
                            .redirectError(error.toFile())
                            .start();
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("does not end: " + List.of(arguments));
            }
            var ran =
                    new Ran(
                            process.exitValue(),
                            Files.readAllLines(out),
                            Files.readString(error).strip());
            Files.delete(out);
            Files.delete(error);
            return ran;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private List<String> command(String... arguments) {
        var options = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        options.addAll(ChildJvm.archive(MAIN));
        return ChildJvm.command(MAIN, options, withDevice(arguments));
    }

    private List<String> withDevice(String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(
                List.of(
                        "--as",
                        name,
                        "--server",
                        server.http().toString(),
                        "--state",
                        state.toString()));
        return all;
    }

    /// A `chat` that runs until it is closed.
    Chat chat(String group) {
        try {
            var out = Files.createTempFile("lockstep", ".chat");
            return new Chat(
                    new ProcessBuilder(command("chat", group))
                            .redirectErrorStream(true)
                            .redirectOutput(out.toFile())
                            .start(),
                    out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    record Chat(Process process, Path out) implements AutoCloseable {
        List<String> lines() {
            try {
                return Files.readAllLines(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void type(String line) {
            try {
                process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
                process.getOutputStream().flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void awaitLine(String end) {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> lines().stream().anyMatch(line -> line.endsWith(end)));
        }

        /// Kills the process with SIGKILL.
        void kill() {
            process.destroyForcibly();
            process.onExit().join();
        }

        @Override
        public void close() {
            kill();
        }
    }
}
