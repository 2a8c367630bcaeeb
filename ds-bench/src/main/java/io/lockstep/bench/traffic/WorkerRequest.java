package io.lockstep.bench.traffic;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/// A request of the coordinator to a worker process. Each is one line of JSON, sent after the
/// previous one was answered by a [WorkerReply] other than progress.
@JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME)
public sealed interface WorkerRequest {
    /// Members `[from, to)` are in groups of `perGroup`, each named by the prefix and a number from
    /// 0.
    ///
    /// @param kind kind under which their latencies are recorded
    record GroupAssignment(int from, int to, String groupPrefix, int perGroup, String kind) {
        public String groupOf(int member) {
            return groupPrefix + (member - from) / perGroup;
        }

        public boolean holds(int member) {
            return from <= member && member < to;
        }
    }

    /// Opens a connection for each of the members `[first, first + count)`.
    ///
    /// @param urls URLs to connect to, in turn
    /// @param name prefix of their user names, before the number
    /// @param schedule schedule of connections; rate 0: no limit
    /// @param buffers socket buffers of the receivers that do not use the kernel's default
    record OpenConnections(
            Dialect dialect,
            List<String> urls,
            int first,
            int count,
            String name,
            List<GroupAssignment> seats,
            SocketBuffers buffers,
            Schedule schedule,
            boolean trustAll)
            implements WorkerRequest {}

    /// Closes all connections and keeps their positions.
    record CloseConnections() implements WorkerRequest {}

    /// Opens them again from their positions.
    record ReopenConnections(Schedule schedule) implements WorkerRequest {}

    /// Begins a round and resets all counters.
    ///
    /// @param startNanos `System.nanoTime()` from which times are counted
    record BeginRound(long startNanos) implements WorkerRequest {}

    /// Waits until this number of deliveries of the round has arrived.
    record AwaitDeliveries(long deliveries, long millis) implements WorkerRequest {}

    record ReportRound() implements WorkerRequest {}

    /// Makes the first `count` receivers of the process stop reading and all others continue. A
    /// server may end the connection of a stalled receiver. That is no fault: the receiver
    /// reconnects when it reads again.
    record StallReceivers(int count) implements WorkerRequest {}
}
