package io.lockstep.redis.log;

import io.lockstep.redis.ScriptCase;
import io.lockstep.redis.TestRedis;
import java.util.List;
import java.util.Set;

/// The log's scripts at the largest state that the limits permit, for `ScriptCostIT`.
public final class LogScriptCases {
    /// Scripts without a case. None is to be added here.
    public static final Set<String> NOT_MEASURED =
            Set.of(
                    "log/append",
                    "log/append_commits",
                    "log/create",
                    "log/forget",
                    "log/load",
                    "log/oldest",
                    "log/put_blob",
                    "log/read",
                    "log/trim");

    private LogScriptCases() {}

    public static List<ScriptCase> all(TestRedis redis) {
        return List.of();
    }
}
