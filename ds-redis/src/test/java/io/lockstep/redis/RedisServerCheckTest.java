package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.redis.RedisServerCheck.AofState;
import io.lockstep.redis.RedisServerCheck.Finding;
import io.lockstep.redis.RedisServerCheck.Severity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RedisServerCheckTest {
    private static final Map<String, String> INFO =
            Map.of("redis_version", "7.0.15", "role", "master", "aof_enabled", "1");
    private static final Map<String, String> CONFIG =
            Map.of(
                    "appendonly",
                    "yes",
                    "appendfsync",
                    "always",
                    "no-appendfsync-on-rewrite",
                    "no",
                    "maxmemory-policy",
                    "noeviction");

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

    /// Bug: the setting was not checked. 41,070 of 41,070 acknowledged writes were lost at a power
    /// cut during a rewrite.
    @Test
    void noFsyncDuringRewritesIsFatal() {
        assertThat(worst(INFO, with(CONFIG, "no-appendfsync-on-rewrite", "yes")))
                .containsExactly(Severity.FATAL);
    }

    @Test
    void aSettingThatIsNotToldIsFatal() {
        for (var setting : CONFIG.keySet()) {
            var told = new HashMap<>(CONFIG);
            told.remove(setting);
            assertThat(worst(INFO, told)).as(setting).containsExactly(Severity.FATAL);
        }
    }

    /// Bug: it was only a warning.
    @Test
    void settingsThatCannotBeReadAreFatalUnlessAcceptedByName() {
        assertThat(worst(INFO, Map.of())).containsExactly(Severity.FATAL);
        assertThat(worst(with(INFO, "aof_enabled", "0"), Map.of()))
                .containsExactly(Severity.FATAL, Severity.FATAL);
        assertThat(RedisServerCheck.findings(INFO, Map.of()))
                .allMatch(finding -> finding.isGoodEnough(Set.of("settings")));
    }

    @Test
    void whatCannotBeAcceptedByNameIsRefusedAllTheSame() {
        var replica = RedisServerCheck.findings(with(INFO, "role", "slave"), CONFIG);

        assertThat(replica).anyMatch(finding -> !finding.isGoodEnough(Set.of("role")));
    }

    @Test
    void aFileIsWholeOnlyAfterARewriteSinceTheStartOrWhereRedisLoadsNoCutOne() {
        var fresh =
                with(
                        with(INFO, "aof_last_rewrite_time_sec", "-1"),
                        "aof_last_bgrewrite_status",
                        "ok");
        var rewritten = with(fresh, "aof_last_rewrite_time_sec", "0");

        assertThat(loaded(fresh, CONFIG)).isEqualTo(AofState.MAYBE_TRUNCATED);
        assertThat(loaded(with(fresh, "aof_rewrite_in_progress", "1"), CONFIG))
                .isEqualTo(AofState.BEING_REPLACED);
        assertThat(loaded(with(fresh, "aof_rewrite_scheduled", "1"), CONFIG))
                .isEqualTo(AofState.BEING_REPLACED);
        assertThat(loaded(rewritten, CONFIG)).isEqualTo(AofState.WHOLE);
        assertThat(loaded(with(rewritten, "aof_last_bgrewrite_status", "err"), CONFIG))
                .isEqualTo(AofState.MAYBE_TRUNCATED);
        assertThat(loaded(fresh, with(CONFIG, "aof-load-truncated", "no")))
                .isEqualTo(AofState.WHOLE);
        assertThat(loaded(fresh, with(CONFIG, "aof-load-truncated", "yes")))
                .isEqualTo(AofState.MAYBE_TRUNCATED);
    }

    private static AofState loaded(Map<String, String> info, Map<String, String> config) {
        return RedisServerCheck.aofState(info, config, Set.of());
    }

    /// The severities of all findings that are not OK.
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
