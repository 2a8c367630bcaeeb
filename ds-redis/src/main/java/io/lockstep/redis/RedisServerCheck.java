package io.lockstep.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Looks whether a Redis keeps what it acknowledges: version, role, append-only file, eviction.
public final class RedisServerCheck {
    private RedisServerCheck() {}

    /// How bad a finding is.
    public enum Severity {
        OK,
        /// It works, but weaker than it should.
        WARNING,
        /// Acknowledged messages may be lost, or it will not work.
        FATAL
    }

    /// One thing that was looked at.
    ///
    /// @param name what was looked at: stable, so that an operator can name what is accepted
    /// @param text for people
    public record Finding(Severity severity, String name, String text) {}

    /// Asks the server; blocks.
    public static List<Finding> run(RedisConnections connections) {
        var line = connections.questions();
        var patience = connections.settings().commandTimeout().plus(Duration.ofSeconds(1));
        var info = new HashMap<String, String>();
        for (var section : List.of("server", "replication", "persistence")) {
            var answer = line.send(commands -> commands.info(section)).block(patience);
            info.putAll(lines(answer == null ? "" : answer));
        }
        var config =
                line.send(commands -> commands.configGet("*"))
                        .onErrorReturn(Map.of())
                        .blockOptional(patience)
                        .orElse(Map.of());
        return findings(info, config);
    }

    /// Judges what a server said about itself.
    static List<Finding> findings(Map<String, String> info, Map<String, String> config) {
        var findings = new ArrayList<Finding>();
        findings.add(version(info));
        var role = info.getOrDefault("role", "unknown");
        findings.add(
                role.equals("master")
                        ? ok("role", "role master")
                        : fatal("role", "role " + role + ": only a master takes appends"));
        if (config.isEmpty()) {
            findings.add(
                    warning(
                            "settings",
                            "its settings cannot be read; it must have appendonly yes, appendfsync"
                                    + " always, maxmemory-policy noeviction"));
            if (!"1".equals(info.get("aof_enabled"))) {
                findings.add(
                        fatal(
                                "appendonly",
                                "appendonly is off: a restart loses acknowledged messages"));
            }
            return findings;
        }
        findings.add(expect(config, "appendonly", "yes", "a restart loses acknowledged messages"));
        findings.add(
                expect(config, "appendfsync", "always", "a power cut loses acknowledged messages"));
        findings.add(
                expect(
                        config,
                        "maxmemory-policy",
                        "noeviction",
                        "Redis may delete groups when memory is short"));
        if ("err".equals(info.get("aof_last_write_status"))) {
            findings.add(
                    fatal(
                            "aof-write",
                            "the last write of the append-only file failed: is the disk full?"));
        }
        return findings;
    }

    private static Finding version(Map<String, String> info) {
        var valkey = info.get("valkey_version");
        var version = valkey == null ? info.getOrDefault("redis_version", "0") : valkey;
        var text = (valkey == null ? "Redis " : "Valkey ") + version;
        int major = Integer.parseInt(version.split("\\.", 2)[0]);
        return major >= RedisBinary.MAJOR_MIN
                ? ok("version", text)
                : fatal("version", text + " is too old: 7.0 or newer, or Valkey");
    }

    private static Finding expect(
            Map<String, String> config, String setting, String wanted, String otherwise) {
        var found = config.getOrDefault(setting, "unknown");
        return found.equals(wanted)
                ? ok(setting, setting + " " + found)
                : fatal(setting, setting + " is " + found + ", not " + wanted + ": " + otherwise);
    }

    private static Map<String, String> lines(String info) {
        var values = new HashMap<String, String>();
        info.lines()
                .map(line -> line.split(":", 2))
                .filter(parts -> parts.length == 2)
                .forEach(parts -> values.put(parts[0], parts[1].strip()));
        return values;
    }

    private static Finding ok(String name, String text) {
        return new Finding(Severity.OK, name, text);
    }

    private static Finding warning(String name, String text) {
        return new Finding(Severity.WARNING, name, text);
    }

    private static Finding fatal(String name, String text) {
        return new Finding(Severity.FATAL, name, text);
    }
}
