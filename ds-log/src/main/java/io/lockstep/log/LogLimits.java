package io.lockstep.log;

import java.time.Duration;

/// The limits of one group's log. A full log refuses with a value of [AppendOutcome]; old entries
/// are trimmed.
///
/// @param membersMax current members of a group: 50,000 and a reserve
/// @param formerMembersMax removed members whose visible range is kept. Those removed first are
///     forgotten first, and those whose last visible position was trimmed.
/// @param logBytesMax bytes of retained messages; beyond it the oldest entries are trimmed
/// @param logBytesOver bytes above `logBytesMax` at which appends are refused. It covers what can
///     arrive between two trims (1,024 entries of 64 KiB and a batch), so only a store that is not
///     trimmed refuses.
public record LogLimits(int membersMax, int formerMembersMax, long logBytesMax, long logBytesOver) {
    /// Clients that the commits of one batch may name. A batch with only one commit with a roster
    /// change may exceed it. A script that changes this many takes about 2 ms.
    public static final int BATCH_NAMES_MAX = 512;

    /// Clients that one commit may remove: its entry contains them, 16 bytes each.
    public static final int REMOVED_MAX = 4_096;

    /// The minimum life of resend keys, for groups with a shorter retention.
    public static final Duration RESEND_WINDOW_MIN = Duration.ofDays(1);

    /// The maximum retention of any group, regardless of the operator's settings: a lookup of a
    /// resend key reads as many hashes as fit in this time.
    public static final Duration RETENTION_MAX = Duration.ofDays(366);

    /// The maximum difference between a node's clock and the store's: far above what NTP leaves,
    /// far below any useful retention.
    public static final Duration CLOCK_SKEW_MAX = Duration.ofMinutes(1);

    public static final LogLimits DEFAULT = new LogLimits(65_536, 4_096, 1L << 30, 128L << 20);

    public LogLimits {
        if (membersMax < 1 || formerMembersMax < 0 || logBytesMax < 1 || logBytesOver < 1) {
            throw new IllegalArgumentException("limits of a log must be positive");
        }
    }

    public LogLimits withLogBytesMax(long bytes) {
        return new LogLimits(membersMax, formerMembersMax, bytes, logBytesOver);
    }

    /// The minimum life of a resend key from its entry's acceptance on (invariant I4).
    public static Duration resendWindow(GroupRules policy) {
        var retention = policy.retention();
        return retention.compareTo(RESEND_WINDOW_MIN) < 0 ? RESEND_WINDOW_MIN : retention;
    }
}
