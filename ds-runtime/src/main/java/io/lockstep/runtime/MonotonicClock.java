package io.lockstep.runtime;

/// Time that only moves forward, for deadlines, pauses and rates. The wall clock (`InstantSource`) can be
/// set back: it serves only for what is stored or shown.
@FunctionalInterface
public interface MonotonicClock {
    MonotonicClock SYSTEM = System::nanoTime;

    /// Nanoseconds since some fixed instant. Compare two values by their difference: they may overflow.
    long nanos();
}
