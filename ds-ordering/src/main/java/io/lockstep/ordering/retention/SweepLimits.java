package io.lockstep.ordering.retention;

/// The limits of the sweep of groups that nobody uses.
///
/// @param stepsPerSecond groups that a node examines, and deletions of up to 1,024 entries, in a
///     second. A step takes the store 0.1 ms where nothing expires, 3 ms at most. A hundred steps
///     examine eight million groups a day.
public record SweepLimits(int stepsPerSecond) {
    public static final SweepLimits DEFAULT = new SweepLimits(100);

    public SweepLimits {
        if (stepsPerSecond < 1) {
            throw new IllegalArgumentException("a sweep takes at least one step a second");
        }
    }
}
