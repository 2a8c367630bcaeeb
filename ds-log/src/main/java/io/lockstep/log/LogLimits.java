package io.lockstep.log;

import java.time.Duration;

/// Bounds of one group's log: what is full refuses with a value of [AppendOutcome], what is old goes.
///
/// @param membersMax current members of a group: 50,000 and room
/// @param formerMembersMax removed members of whom it is remembered what they may still read; the ones
///     removed first are forgotten first, and any whose last visible position was trimmed
/// @param logBytesMax bytes of retained messages; the oldest entries go beyond it
/// @param logBytesOver bytes above `logBytesMax` at which appends are refused: what may arrive between two
///     trims (1,024 entries of 64 KiB and a batch), so only a store that is not trimmed refuses
public record LogLimits(int membersMax, int formerMembersMax, long logBytesMax, long logBytesOver) {
    /// Clients that the commits of one batch may name, unless the batch has one commit with a roster change
    /// only: a script that changes so many takes about 2 ms.
    public static final int BATCH_NAMES_MAX = 512;

    /// Clients that one commit may remove: they stand in its entry, 16 bytes each.
    public static final int REMOVED_MAX = 4_096;

    /// Resend keys live at least so long, however short a group's retention is.
    public static final Duration RESEND_WINDOW_MIN = Duration.ofDays(1);

    /// No group keeps entries longer, whatever an operator allows: a resend key is looked for in as many
    /// hashes as fit into this time.
    public static final Duration RETENTION_MAX = Duration.ofDays(366);

    /// How far a node's clock may be from the store's: far beyond what NTP leaves, far below any retention
    /// that matters.
    public static final Duration CLOCK_SKEW_MAX = Duration.ofMinutes(1);

    public static final LogLimits DEFAULT = new LogLimits(65_536, 4_096, 1L << 30, 128L << 20);

    public LogLimits {
        if (membersMax < 1 || formerMembersMax < 0 || logBytesMax < 1 || logBytesOver < 1) {
            throw new IllegalArgumentException("limits of a log are positive");
        }
    }

    public LogLimits withLogBytesMax(long bytes) {
        return new LogLimits(membersMax, formerMembersMax, bytes, logBytesOver);
    }

    /// How long a resend key lives from its entry's acceptance on, at least (invariant I4).
    public static Duration resendWindow(GroupPolicy policy) {
        var retention = policy.retention();
        return retention.compareTo(RESEND_WINDOW_MIN) < 0 ? RESEND_WINDOW_MIN : retention;
    }
}
