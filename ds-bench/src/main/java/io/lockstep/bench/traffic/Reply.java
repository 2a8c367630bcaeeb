package io.lockstep.bench.traffic;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;

/// What a process with receivers answers. Histograms are HdrHistogram's compressed form in base64.
@JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
public sealed interface Reply {
    record Progress(int done, int of) implements Reply {}

    /// @param latency from the intended moment to being open, and up to date with the group if in one
    /// @param retries how often one was told to come later, and did
    record Opened(int open, int retries, List<String> faults, String latency) implements Reply {}

    record Done(long deliveries) implements Reply {}

    /// @param buckets deliveries by [#BUCKET_MILLIS], numbered from the round's start
    record Kind(String latency, Map<Integer, Integer> buckets) {}

    /// @param count how many receivers got it
    /// @param sha256 of the message, also where it goes by reference
    /// @param referencedBytes how long a message is that goes by reference; 0: it came inline
    record Message(
            String group,
            long position,
            long number,
            long intendedNanos,
            int count,
            long firstNanos,
            long lastNanos,
            String sha256,
            long referencedBytes) {}

    /// @param cpuSeconds of this process in the round
    record Tally(
            long deliveries,
            long duplicated,
            long reordered,
            long otherBytes,
            long faultCount,
            List<String> faults,
            Map<String, Kind> kinds,
            List<Message> messages,
            double cpuSeconds)
            implements Reply {}

    record Failed(String what) implements Reply {}

    long BUCKET_MILLIS = LoopTally.BUCKET_NANOS / 1_000_000;
}
