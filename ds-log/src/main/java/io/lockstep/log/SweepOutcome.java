package io.lockstep.log;

import java.time.Duration;

/// What one sweep did ([GroupLog#sweep]).
///
/// @param groups groups that were examined
/// @param steps steps that were taken: one for each group, and one for each deletion of entries
/// @param entries entries that were deleted
/// @param late the longest time for which a group had been due; zero when none was
public record SweepOutcome(int groups, int steps, long entries, Duration late) {}
