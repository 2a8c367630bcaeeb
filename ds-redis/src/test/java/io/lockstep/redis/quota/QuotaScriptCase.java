package io.lockstep.redis.quota;

import io.lockstep.log.quota.QuotaMeasure;
import io.lockstep.redis.ScriptCase;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/// The script of quotas, on an account that owes something of each measure.
public final class QuotaScriptCase {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Bytes ACCOUNT = Bytes.ofHex("0d".repeat(16));
    private static final Map<QuotaMeasure, Duration> ALL =
            Arrays.stream(QuotaMeasure.values())
                    .collect(Collectors.toMap(one -> one, _ -> Duration.ofHours(1)));

    private QuotaScriptCase() {}

    public static ScriptCase full(TestRedis redis) {
        var store = new RedisQuotaStore(redis.connect());
        return new ScriptCase(
                "quota/charge",
                "every measure of an account",
                () -> store.charge(ACCOUNT, ALL).block(PATIENCE),
                () -> store.charge(ACCOUNT, ALL));
    }
}
