package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.redis.directory.DirectoryScriptCases;
import io.lockstep.redis.quota.QuotaScriptCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Checks the scripts against the limits of [ScriptCost]. [DirectoryScriptCases] registers the
/// scripts of the directory, [QuotaScriptCase] that of quotas. `LogScriptCostIT` checks those of the log, and that it ran all of
/// them.
class ScriptCostIT {
    private static final Logger LOG = LoggerFactory.getLogger(ScriptCostIT.class);

    /// Bytes that Redis sends in addition to the replies: replies to the measurement itself, and
    /// notices.
    private static final long BESIDE_BYTES = 16 << 10;

    /// Maximum of runs. The best one counts, because on a busy machine the others measure the
    /// machine.
    private static final int RUNS = 10;

    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static List<ScriptCase> cases = List.of();
    private static ScriptCost cost;

    @BeforeAll
    static void connect() {
        cost = new ScriptCost(REDIS.uri());
        var all = new ArrayList<ScriptCase>();
        all.addAll(DirectoryScriptCases.all(REDIS));
        all.add(QuotaScriptCase.full(REDIS));
        all.addAll(KeyScriptCases.all(REDIS));
        cases = List.copyOf(all);
    }

    @AfterAll
    static void close() {
        cost.close();
    }

    @TestFactory
    Stream<DynamicTest> staysWithinItsTimeAndItsReply() {
        return cases.stream()
                .map(one ->
                        DynamicTest.dynamicTest(
                                one.script() + ": " + one.state(), () -> measure(one)));
    }

    private static void measure(ScriptCase one) {
        one.fill().run();
        double most = ScriptCost.MICROS_MAX * cost.slowness();
        var best = cost.of(one.run().get());
        for (int i = 1; i < RUNS && best.micros() > most; i++) {
            var next = cost.of(one.run().get());
            best = next.micros() < best.micros() ? next : best;
        }
        LOG.info(
                "{}, {}: {} µs ({}), {} bytes of reply",
                one.script(),
                one.state(),
                best.micros(),
                best.slowest(),
                best.replyBytes());
        assertThat((double) best.micros()).as("µs of Redis for %s", best).isLessThanOrEqualTo(most);
        assertThat(best.replyBytes())
                .as("bytes of reply for %s", best)
                .isLessThanOrEqualTo(ScriptCost.REPLY_BYTES_MAX + BESIDE_BYTES);
    }

    @Test
    void everyScriptBesideTheLogsIsMeasured() throws IOException {
        var folder = Path.of("src/main/resources/lua");
        var scripts = new HashSet<String>();
        try (var files = Files.walk(folder)) {
            files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace(".lua", ""))
                    .filter(script -> !script.startsWith("log/"))
                    .forEach(scripts::add);
        }
        Set<String> known = new HashSet<>(DirectoryScriptCases.PRELUDES);
        cases.forEach(one -> known.add(one.script()));
        assertThat(known).containsAll(scripts);
    }
}
