package io.lockstep.runtime;

/// A clock that only moves forward, for deadlines, pauses and rates. The wall clock
/// (`InstantSource`) can be set back; it is used only for stored or displayed times.
@FunctionalInterface
public interface MonotonicClock {
    MonotonicClock SYSTEM = System::nanoTime;

    /// Nanoseconds since some fixed instant. Compare two values by their difference, because they
    /// may overflow.
    long nanos();
}
