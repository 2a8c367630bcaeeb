package io.lockstep.bench.traffic;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/// What the coordinator of a run tells a process with receivers. One line of JSON each, one at a time, each
/// answered by one [Reply] that is no progress.
@JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
public sealed interface Order {
    /// Members `[from, to)` are in groups of `perGroup`, named by the prefix and a number from 0.
    ///
    /// @param kind whose latencies are counted together
    record Seats(int from, int to, String groupPrefix, int perGroup, String kind) {
        public String groupOf(int member) {
            return groupPrefix + (member - from) / perGroup;
        }

        public boolean holds(int member) {
            return from <= member && member < to;
        }
    }

    /// Opens a connection for each of the members `[first, first + count)`.
    ///
    /// @param urls in turns
    /// @param name their user's name before the number
    /// @param schedule of connections; rate 0 for as fast as it goes
    /// @param buffers of those who have not what the kernel likes
    record Open(
            Dialect dialect,
            List<String> urls,
            int first,
            int count,
            String name,
            List<Seats> seats,
            Buffers buffers,
            Schedule schedule,
            boolean trustAll)
            implements Order {}

    /// Closes all connections; their places are kept.
    record Drop() implements Order {}

    /// Opens them again from where they stood.
    record Reopen(Schedule schedule) implements Order {}

    /// A round begins: everything is counted anew.
    ///
    /// @param startNanos `System.nanoTime()` that times are told from
    record Begin(long startNanos) implements Order {}

    /// Waits until so many deliveries of the round have come.
    record Await(long deliveries, long millis) implements Order {}

    record Report() implements Order {}

    /// The first `count` receivers of the process stop reading, and all others read on. A server may end the
    /// connection of one that does not read: it comes back when it reads on, and that is no fault.
    record Stall(int count) implements Order {}
}
