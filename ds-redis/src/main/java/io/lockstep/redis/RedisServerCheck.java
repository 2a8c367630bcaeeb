package io.lockstep.redis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Checks whether a Redis server keeps what it acknowledges: version, role, append-only file,
/// eviction. A value that cannot be read counts as unsafe. Pure; [StoreVerifier] does the I/O.
public final class RedisServerCheck {
    /// Names of the weaknesses that an operator may accept.
    public static final Set<String> ACCEPTABLE =
            Set.of(
                    "appendonly",
                    "appendfsync",
                    "no-appendfsync-on-rewrite",
                    "maxmemory-policy",
                    "settings",
                    "aof-rewrite");

    /// The Redis settings that are read.
    static final String[] SETTINGS = {
        "appendonly",
        "appendfsync",
        "no-appendfsync-on-rewrite",
        "aof-load-truncated",
        "maxmemory-policy",
        "maxmemory"
    };

    private RedisServerCheck() {}

    /// The severity of a finding.
    public enum Severity {
        OK,
        /// Acknowledged messages may be lost, or the service does not work.
        FATAL
    }

    /// The result of one check.
    ///
    /// @param name stable name of the check; an operator accepts a weakness by this name
    /// @param text for people
    public record Finding(Severity severity, String name, String text) {
        /// @param accepted names of accepted weaknesses
        public boolean isGoodEnough(Set<String> accepted) {
            return severity == Severity.OK
                    || (ACCEPTABLE.contains(name) && accepted.contains(name));
        }
    }

    /// Checks what a server reports about itself.
    ///
    /// @param config empty when the settings cannot be read
    static List<Finding> findings(Map<String, String> info, Map<String, String> config) {
        var findings = new ArrayList<Finding>();
        findings.add(version(info));
        var role = info.getOrDefault("role", "unknown");
        findings.add(
                role.equals("master")
                        ? ok("role", "role master")
                        : fatal("role", "role " + role + ": only a master accepts writes"));
        if (config.isEmpty()) {
            findings.add(
                    fatal(
                            "settings",
                            "its settings cannot be read (CONFIG GET is refused); it must have"
                                    + " appendonly yes, appendfsync always,"
                                    + " no-appendfsync-on-rewrite"
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

    /// The state of the end of the append-only file that Redis loaded at its start.
    enum AofState {
        /// It was whole, or a rewrite has replaced it since.
        WHOLE,
        /// A rewrite is replacing it.
        BEING_REPLACED,
        /// It may end inside a transaction. Redis loses at the next start what is appended behind
        /// that.
        MAYBE_TRUNCATED
    }

    /// With `aof-load-truncated yes` Redis starts on a file that ends inside MULTI … EXEC, and
    /// keeps the open MULTI in it. Only a rewrite that ended after the start replaces that file.
    static AofState aofState(
            Map<String, String> info, Map<String, String> config, Set<String> accepted) {
        boolean none = "0".equals(info.get("aof_enabled")) || "no".equals(config.get("appendonly"));
        if (none
                || "no".equals(config.get("aof-load-truncated"))
                || accepted.contains("aof-rewrite")) {
            return AofState.WHOLE;
        }
        if ("1".equals(info.get("aof_rewrite_in_progress"))
                || "1".equals(info.get("aof_rewrite_scheduled"))) {
            return AofState.BEING_REPLACED;
        }
        boolean rewritten =
                "ok".equals(info.get("aof_last_bgrewrite_status"))
                        && !info.getOrDefault("aof_last_rewrite_time_sec", "-1").equals("-1");
        return rewritten ? AofState.WHOLE : AofState.MAYBE_TRUNCATED;
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

    /// The values of an INFO reply by name.
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
