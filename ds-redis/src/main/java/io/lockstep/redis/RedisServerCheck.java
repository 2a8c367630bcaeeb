package io.lockstep.redis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Judges whether a Redis keeps what it acknowledges: version, role, append-only file, eviction. What cannot be
/// read counts as unsafe. Pure; [StoreVerifier] asks.
public final class RedisServerCheck {
    /// Weaknesses that an operator may accept by name, knowing what they cost.
    public static final Set<String> ACCEPTABLE =
            Set.of(
                    "appendonly",
                    "appendfsync",
                    "no-appendfsync-on-rewrite",
                    "maxmemory-policy",
                    "settings",
                    "aof-rewrite");

    /// The settings that are read.
    static final String[] SETTINGS = {
        "appendonly",
        "appendfsync",
        "no-appendfsync-on-rewrite",
        "aof-load-truncated",
        "maxmemory-policy",
        "maxmemory"
    };

    private RedisServerCheck() {}

    /// How bad a finding is.
    public enum Severity {
        OK,
        /// Acknowledged messages may be lost, or it will not work.
        FATAL
    }

    /// One thing that was looked at.
    ///
    /// @param name what was looked at: stable, so that an operator can name what is accepted
    /// @param text for people
    public record Finding(Severity severity, String name, String text) {
        /// @param accepted names of weaknesses
        public boolean isGoodEnough(Set<String> accepted) {
            return severity == Severity.OK
                    || (ACCEPTABLE.contains(name) && accepted.contains(name));
        }
    }

    /// Judges what a server said about itself.
    ///
    /// @param config empty when its settings cannot be read
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
                    fatal(
                            "settings",
                            "its settings cannot be read (CONFIG GET is refused); it must have"
                                    + " appendonly yes, appendfsync always, no-appendfsync-on-rewrite"
                                    + " no, maxmemory-policy noeviction"));
            if (!"1".equals(info.get("aof_enabled"))) {
                findings.add(
                        fatal(
                                "appendonly",
                                "appendonly is off: a restart loses acknowledged messages"));
            }
        } else {
            findings.addAll(settings(config));
        }
        if ("err".equals(info.get("aof_last_write_status"))) {
            findings.add(
                    fatal(
                            "aof-write",
                            "the last write of the append-only file failed: is the disk full?"));
        }
        return findings;
    }

    private static List<Finding> settings(Map<String, String> config) {
        return List.of(
                expect(config, "appendonly", "yes", "a restart loses acknowledged messages"),
                expect(config, "appendfsync", "always", "a power cut loses acknowledged messages"),
                expect(
                        config,
                        "no-appendfsync-on-rewrite",
                        "no",
                        "a power cut during a rewrite loses acknowledged messages"),
                expect(
                        config,
                        "maxmemory-policy",
                        "noeviction",
                        "Redis may delete groups when memory is short"));
    }

    /// What is known of the end of the append-only file that Redis loaded when it started.
    enum AofState {
        /// It was whole, or was replaced since.
        WHOLE,
        /// It is being replaced.
        REPLACING,
        /// It may end inside a transaction: what is appended behind that is lost at the next start.
        MAYBE_CUT
    }

    /// With `aof-load-truncated yes` Redis starts on a file that ends inside MULTI … EXEC and keeps the open
    /// MULTI in it. Only a rewrite that ended since the start replaces that file.
    static AofState loadedFile(
            Map<String, String> info, Map<String, String> config, Set<String> accepted) {
        boolean none = "0".equals(info.get("aof_enabled")) || "no".equals(config.get("appendonly"));
        if (none
                || "no".equals(config.get("aof-load-truncated"))
                || accepted.contains("aof-rewrite")) {
            return AofState.WHOLE;
        }
        if ("1".equals(info.get("aof_rewrite_in_progress"))
                || "1".equals(info.get("aof_rewrite_scheduled"))) {
            return AofState.REPLACING;
        }
        boolean rewritten =
                "ok".equals(info.get("aof_last_bgrewrite_status"))
                        && !info.getOrDefault("aof_last_rewrite_time_sec", "-1").equals("-1");
        return rewritten ? AofState.WHOLE : AofState.MAYBE_CUT;
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

    /// An answer of INFO by name.
    static Map<String, String> lines(String info) {
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

    private static Finding fatal(String name, String text) {
        return new Finding(Severity.FATAL, name, text);
    }
}
