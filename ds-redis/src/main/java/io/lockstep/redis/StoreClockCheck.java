package io.lockstep.redis;

import io.lockstep.log.LogLimits;
import java.time.Duration;
import java.time.InstantSource;

/// Refuses to start a node whose clock is wrong. The node writes its time into every entry, and the
/// store deletes old entries for everybody. While the node runs, each append compares the clocks
/// again.
public final class StoreClockCheck {
    private StoreClockCheck() {}

    /// Compares this node's clock with the store's. Blocks.
    ///
    /// @throws IllegalStateException when they differ by more than [LogLimits#CLOCK_SKEW_MAX]
    public static void check(RedisConnections connections, InstantSource clock) {
        var patience = connections.settings().commandTimeout().plus(Duration.ofSeconds(1));
        var time = connections.queries().send(commands -> commands.time()).block(patience);
        if (time == null || time.size() < 1) {
            throw new IllegalStateException("this Redis returns no time (TIME)");
        }
        var difference =
                Duration.ofMillis(clock.millis() - 1_000 * ScriptReply.number(time.getFirst()));
        if (difference.abs().compareTo(LogLimits.CLOCK_SKEW_MAX) > 0) {
            throw new IllegalStateException(
                    "this node's clock is "
                            + difference.toSeconds()
                            + " s ahead of the store's, and may differ by "
                            + LogLimits.CLOCK_SKEW_MAX.toSeconds()
                            + " s: set both by NTP");
        }
    }
}
