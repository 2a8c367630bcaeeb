package io.lockstep.bench.traffic;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;

/// A reply of a worker process to a [WorkerRequest]. Histograms are HdrHistogram's compressed form
/// in base64.
@JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
public sealed interface WorkerReply {
    record OpenProgress(int done, int of) implements WorkerReply {}

    /// @param latency from the intended moment until the receiver is open and, if in a group, has
    ///     caught up
    /// @param retries how often a server deferred a connection that was then retried
    record Opened(int open, int retries, List<String> faults, String latency)
            implements WorkerReply {}

    record Done(long deliveries) implements WorkerReply {}

    /// @param buckets number of deliveries per [#BUCKET_MILLIS], from the round's start
    record KindTally(String latency, Map<Integer, Integer> buckets) {}

    /// @param count number of receivers that got it
    /// @param sha256 hash of the message, also for a message by reference
    /// @param referencedBytes length of a message by reference; 0: it came inline
    record MessageTally(
            String group,
            long position,
            long number,
            long intendedNanos,
            int count,
            long firstNanos,
            long lastNanos,
            String sha256,
            long referencedBytes) {}

    /// @param cpuSeconds CPU time of this process in the round
    record RoundTally(
            long deliveries,
            long duplicated,
            long reordered,
            long otherBytes,
            long faultCount,
            List<String> faults,
            Map<String, KindTally> kinds,
            List<MessageTally> messages,
            double cpuSeconds)
            implements WorkerReply {}

    record WorkerFailed(String what) implements WorkerReply {}

    long BUCKET_MILLIS = LoopTally.BUCKET_NANOS / 1_000_000;
}
