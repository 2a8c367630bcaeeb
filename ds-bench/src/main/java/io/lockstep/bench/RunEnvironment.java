package io.lockstep.bench;

import io.netty.handler.ssl.OpenSsl;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/// Describes the machine and command of a run, for the head of its report.
final class RunEnvironment {
    private RunEnvironment() {}

    static Map<String, String> about(CommandSpec command) {
        var about = new LinkedHashMap<String, String>();
        var line = command.root().commandLine().getParseResult();
        about.put(
                "command",
                "lockstep " + (line == null ? "" : String.join(" ", line.originalArgs())));
        about.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        about.put("commit", commit());
        about.put(
                "java",
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        about.put("TLS here", OpenSsl.isAvailable() ? OpenSsl.versionString() : "JDK");
        about.put(
                "machine",
                "%s %s %s, %d cores, %s"
                        .formatted(
                                System.getProperty("os.name"),
                                System.getProperty("os.version"),
                                System.getProperty("os.arch"),
                                Runtime.getRuntime().availableProcessors(),
                                processor()));
        about.put("load before", firstLine(Path.of("/proc/loadavg")));
        return about;
    }

    /// Returns the bytes sent over the loopback device since boot; 0 if unknown.
    static long loopbackBytes() {
        try (var lines = Files.lines(Path.of("/proc/net/dev"))) {
            return lines.map(String::strip)
                    .filter(line -> line.startsWith("lo:"))
                    .mapToLong(
                            line -> Long.parseLong(line.substring(3).strip().split("\\s+", 2)[0]))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    private static String processor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("model name"))
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown processor");
        } catch (IOException e) {
            return "unknown processor";
        }
    }

    private static String firstLine(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String commit() {
        try {
            var git =
                    new ProcessBuilder("git", "describe", "--always", "--dirty", "--exclude=*")
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            try (BufferedReader out = git.inputReader(StandardCharsets.UTF_8)) {
                var line = out.readLine();
                return line == null ? "unknown" : line;
            }
        } catch (IOException e) {
            return "unknown";
        }
    }
}
