package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.ObjectMapper;

class ServerRunnerTest {
    private Process process = idle();

    private static Process idle() {
        try {
            return new ProcessBuilder("true").start();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private BufferedReader start(String script, String format) throws IOException {
        process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx64m",
                                "-cp",
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                StoppingProcess.class.getName(),
                                script,
                                format)
                        .redirectErrorStream(true)
                        .start();
        return new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    private static String lineWith(BufferedReader out, String text) throws IOException {
        for (var line = out.readLine(); line != null; line = out.readLine()) {
            if (line.contains(text)) {
                return line;
            }
        }
        throw new AssertionError("no line with " + text);
    }

    /// Sends SIGTERM; the output can still be read.
    private void terminate() {
        assertThat(process.toHandle().destroy()).isTrue();
    }

    private int exitCode() throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void sigtermStopsInGoodOrderWithZero() throws Exception {
        var out = start("stops", "TEXT");
        lineWith(out, "ready in");
        terminate();
        lineWith(out, "stopped");
        assertThat(exitCode()).isZero();
    }

    /// A stop that waited for a stuck thread never ended: SIGTERM had no effect, and operators
    /// needed kill -9.
    @Test
    void sigtermEndsTheProcessEvenWhenTheStopHangs() throws Exception {
        lineWith(start("hangs", "TEXT"), "ready in");
        terminate();
        assertThat(exitCode()).isEqualTo(Main.FAILED);
    }

    @Test
    void outOfMemoryDrainsAndExitsWithItsCode() throws Exception {
        lineWith(start("drains", "TEXT"), "stopped");
        assertThat(exitCode()).isEqualTo(Main.OUT_OF_MEMORY);
    }

    /// Java does not handle a signal that its parent process set to ignored.
    private static boolean inheritsIgnoredHangUp() throws IOException {
        var status = Path.of("/proc/self/status");
        return !Files.isReadable(status)
                || Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line -> (Long.parseUnsignedLong(line.substring(8), 16) & 1) != 0);
    }

    /// SIGHUP ended the server.
    @Test
    void sighupReloadsAndDoesNotStop() throws Exception {
        assumeThat(Path.of("/bin/kill")).isExecutable();
        assumeThat(inheritsIgnoredHangUp()).as("SIGHUP is ignored, as under nohup").isFalse();
        var out = start("stops", "TEXT");
        lineWith(out, "ready in");
        for (int i = 0; i < 2; i++) {
            new ProcessBuilder("/bin/kill", "-HUP", Long.toString(process.pid())).start().waitFor();
            lineWith(out, "reloaded");
        }
        assertThat(process.isAlive()).isTrue();
    }

    /// The banner was printed as text between lines of JSON.
    @Test
    void inJsonEveryLineIsAnObjectWithTheWholeMessage() throws Exception {
        var out = start("stops", "JSON");
        var mapper = new ObjectMapper();
        var first = mapper.readTree(out.readLine());
        assertThat(first.get("message").asString()).isEqualTo("Lockstep");
        assertThat(first.get("level").asString()).isEqualTo("INFO");
        assertThat(first.propertyNames())
                .containsExactlyInAnyOrder("time", "level", "logger", "thread", "message");
        assertThat(mapper.readTree(out.readLine()).get("message").asString())
                .isEqualTo("a \"server\" of the test");
        assertThat(mapper.readTree(out.readLine()).get("message").asString()).startsWith("ready");
        terminate();
        assertThat(mapper.readTree(out.readLine()).get("message").asString()).isEqualTo("stopped");
        assertThat(out.readLine()).isNull();
    }
}
