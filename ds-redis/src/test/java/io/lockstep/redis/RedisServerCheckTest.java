package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.redis.RedisServerCheck.Finding;
import io.lockstep.redis.RedisServerCheck.Severity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RedisServerCheckTest {
    private static final Map<String, String> INFO =
            Map.of("redis_version", "7.0.15", "role", "master", "aof_enabled", "1");
    private static final Map<String, String> CONFIG =
            Map.of("appendonly", "yes", "appendfsync", "always", "maxmemory-policy", "noeviction");

    @Test
    void aServerAsItShouldBeIsFine() {
        assertThat(worst(INFO, CONFIG)).isEmpty();
    }

    @Test
    void valkeyIsTakenByItsOwnVersion() {
        var info = with(INFO, "valkey_version", "8.0.1");

        assertThat(worst(info, CONFIG)).isEmpty();
        assertThat(RedisServerCheck.findings(info, CONFIG))
                .contains(new Finding(Severity.OK, "version", "Valkey 8.0.1"));
    }

    @Test
    void anOldServerAReplicaAndAFullDiskAreFatal() {
        assertThat(worst(with(INFO, "redis_version", "6.2.7"), CONFIG))
                .containsExactly(Severity.FATAL);
        assertThat(worst(with(INFO, "role", "slave"), CONFIG)).containsExactly(Severity.FATAL);
        assertThat(worst(with(INFO, "aof_last_write_status", "err"), CONFIG))
                .containsExactly(Severity.FATAL);
    }

    @Test
    void whatMayLoseMessagesIsFatal() {
        assertThat(worst(INFO, with(CONFIG, "appendonly", "no"))).containsExactly(Severity.FATAL);
        assertThat(worst(INFO, with(CONFIG, "appendfsync", "everysec")))
                .containsExactly(Severity.FATAL);
        assertThat(worst(INFO, with(CONFIG, "maxmemory-policy", "volatile-lru")))
                .containsExactly(Severity.FATAL);
    }

    @Test
    void settingsThatCannotBeReadAreAWarning() {
        assertThat(worst(INFO, Map.of())).containsExactly(Severity.WARNING);
        assertThat(worst(with(INFO, "aof_enabled", "0"), Map.of()))
                .containsExactly(Severity.WARNING, Severity.FATAL);
    }

    /// The severities of what is not fine.
    private static List<Severity> worst(Map<String, String> info, Map<String, String> config) {
        return RedisServerCheck.findings(info, config).stream()
                .map(Finding::severity)
                .filter(severity -> severity != Severity.OK)
                .toList();
    }

    private static Map<String, String> with(Map<String, String> map, String key, String value) {
        var changed = new HashMap<>(map);
        changed.put(key, value);
        return changed;
    }
}
