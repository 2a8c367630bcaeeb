package io.lockstep.redis.log;

import java.util.Set;

/// The log's scripts, for `ScriptCostIT`: a new one is held to the limits there or in [LogScriptCostIT].
public final class LogScriptCases {
    /// Held by [LogScriptCostIT], or of one key and constant cost.
    public static final Set<String> MEASURED =
            Set.of(
                    "log/announce",
                    "log/append",
                    "log/append_commits",
                    "log/create",
                    "log/entries",
                    "log/find",
                    "log/forget",
                    "log/load",
                    "log/members",
                    "log/merge_roster",
                    "log/put_blob",
                    "log/read",
                    "log/sweep",
                    "log/roster",
                    "log/sizes",
                    "log/stage_roster",
                    "log/trim");

    private LogScriptCases() {}
}
