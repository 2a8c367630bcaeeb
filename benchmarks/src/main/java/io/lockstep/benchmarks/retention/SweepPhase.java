package io.lockstep.benchmarks.retention;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// The cost of a part of the run.
///
/// @param groups groups that were examined
/// @param entries entries that were deleted
/// @param nodeNanos CPU time of this process, the JVM's own threads included
/// @param redisMicros CPU time of the Redis process
/// @param commandMicros of it, in commands
record SweepPhase(
        String name,
        long groups,
        long entries,
        long nanos,
        long nodeNanos,
        long redisMicros,
        long commandMicros) {
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    static final String TITLE =
            "%-28s %9s %9s %11s %14s %14s %14s"
                    .formatted(
                            "",
                            "groups",
                            "groups/s",
                            "entries/s",
                            "node CPU",
                            "Redis CPU",
                            "in commands");
    static final String UNITS =
            "%-28s %9s %9s %11s %44s".formatted("", "", "", "", "ms for 1,000 groups");

    /// The counters at the begin of a phase.
    record PhaseStart(long nanos, long nodeNanos, long redisMicros, long commandMicros) {
        static PhaseStart now(StoreView store) {
            return new PhaseStart(
                    System.nanoTime(),
                    SYSTEM.getProcessCpuTime(),
                    store.cpuMicros(),
                    store.commandMicros());
        }

        SweepPhase end(String name, long groups, long entries, StoreView store) {
            var now = now(store);
            return new SweepPhase(
                    name,
                    groups,
                    entries,
                    now.nanos - nanos,
                    now.nodeNanos - nodeNanos,
                    now.redisMicros - redisMicros,
                    now.commandMicros - commandMicros);
        }
    }

    double groupsPerSecond() {
        return groups * 1e9 / nanos;
    }

    String line() {
        double thousands = groups / 1_000.0;
        return "%-28s %,9d %,9.0f %,11.0f %,14.1f %,14.1f %,14.1f"
                .formatted(
                        name,
                        groups,
                        groupsPerSecond(),
                        entries * 1e9 / nanos,
                        nodeNanos / 1e6 / thousands,
                        redisMicros / 1e3 / thousands,
                        commandMicros / 1e3 / thousands);
    }
}
