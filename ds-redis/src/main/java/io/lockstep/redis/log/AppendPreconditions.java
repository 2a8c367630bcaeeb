package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import io.lockstep.log.NewEntry;
import io.lockstep.redis.Script;
import java.util.List;

/// What the append scripts check besides the log position: the store's clock, the bytes that a log
/// may contain, and the key under which the entries are sealed.
///
/// @param bytes bytes of the messages of the batch
/// @param acceptedAtMillis time at which the node accepted the batch
record AppendPreconditions(long bytes, long acceptedAtMillis, LogLimits limits, GroupKey key) {
    static AppendPreconditions of(List<NewEntry> batch, LogLimits limits, GroupKey key) {
        long bytes = 0;
        for (var added : batch) {
            bytes += added.entry().content().inlineSize();
        }
        return new AppendPreconditions(
                bytes, batch.getLast().entry().acceptedAtMillis(), limits, key);
    }

    /// The five arguments that both append scripts take.
    List<byte[]> arguments() {
        return List.of(
                Script.number(bytes),
                Script.number(acceptedAtMillis),
                Script.number(LogLimits.CLOCK_SKEW_MAX.toMillis()),
                Script.number(limits.logBytesMax() + limits.logBytesOver()),
                key.id().toArray());
    }

    long period() {
        return ResendPeriods.of(acceptedAtMillis);
    }
}
