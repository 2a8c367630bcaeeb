package io.lockstep.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Reads the CPU time of other processes of this machine, in nanoseconds. `/proc/PID/stat` has
/// steps of 10 ms, which is as long as a broadcast to a thousand takes.
@SuppressWarnings("restricted") // the JDK has no call for it
final class CpuClock {
    /// `int clock_gettime(clockid_t clock, struct timespec *time)`.
    private static final MethodHandle CLOCK_GETTIME =
            Linker.nativeLinker()
                    .downcallHandle(
                            Linker.nativeLinker()
                                    .defaultLookup()
                                    .find("clock_gettime")
                                    .orElseThrow(),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.ADDRESS));

    /// The clock of running time, user and system together.
    private static final int CPUCLOCK_SCHED = 2;

    private CpuClock() {}

    /// Returns the user and system time of a process so far, including its ended threads.
    ///
    /// @throws BenchException when there is no such process
    static double seconds(long pid) {
        try (var arena = Arena.ofConfined()) {
            var time = arena.allocate(2 * Long.BYTES, Long.BYTES);
            // Computed as clock_getcpuclockid(3) does on Linux.
            int clock = (int) (~pid << 3) | CPUCLOCK_SCHED;
            if (readClock(clock, time) != 0) {
                throw new BenchException("process " + pid + " has ended");
            }
            return time.getAtIndex(ValueLayout.JAVA_LONG, 0)
                    + time.getAtIndex(ValueLayout.JAVA_LONG, 1) / 1e9;
        }
    }

    private static int readClock(int clock, MemorySegment time) {
        try {
            return (int) CLOCK_GETTIME.invokeExact(clock, time);
        } catch (Throwable e) {
            throw new IllegalStateException("clock_gettime cannot be called", e);
        }
    }
}
