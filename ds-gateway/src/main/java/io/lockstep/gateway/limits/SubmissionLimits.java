package io.lockstep.gateway.limits;

import java.time.Duration;

/// Rate limits of submissions to one node, by client and by user. A user's limit is twice a
/// client's: a user may have several devices.
///
/// ```
/// frameBytesMax ≤ bytesBurst       one submission is always possible
/// failuresBurst ≪ burst            each failed submission makes the node query the store
/// ```
///
/// @param perSecond submissions of one client, long-term rate; 0 for no limit
/// @param bytesPerSecond bytes of submissions of one client, long-term rate; 0 for no limit
/// @param failuresPerSecond submissions and requests of one client to groups that do not exist or
///     that it may not use
/// @param failuresBurst the same, at once
/// @param createsPerSecond groups that one user creates, long-term rate
/// @param createsBurst the same, at once. The load generator's chats are some hundreds per user.
/// @param lookupMax from taking a submission to handing it to ordering
public record SubmissionLimits(
        int perSecond,
        long bytesPerSecond,
        int failuresPerSecond,
        int failuresBurst,
        int createsPerSecond,
        int createsBurst,
        Duration lookupMax) {
    /// Each sender of the load generator stays below 2,000 submissions a second.
    public static final SubmissionLimits DEFAULT =
            new SubmissionLimits(5_000, 64L << 20, 20, 200, 5, 2_000, Duration.ofSeconds(10));

    /// A burst is the submissions of this many seconds.
    private static final int BURST_SECONDS = 5;

    /// A burst is at least this many frames: what a session may have in flight, and one more.
    private static final int FRAMES_AT_ONCE = 3;

    /// A token bucket gains at most one token per nanosecond.
    private static final long BYTES_PER_SECOND_MAX = 256L << 20;

    public SubmissionLimits {
        if (perSecond < 0 || bytesPerSecond < 0) {
            throw new IllegalArgumentException("submission rates must be 0 or more");
        }
        if (bytesPerSecond > BYTES_PER_SECOND_MAX) {
            throw new IllegalArgumentException(
                    "submission bytes per second must be 0 (no limit) to 256 MiB");
        }
        if (failuresPerSecond < 1
                || failuresBurst < 1
                || createsPerSecond < 1
                || createsBurst < 1) {
            throw new IllegalArgumentException(
                    "rates of failures and of new groups must be 1 or more");
        }
        if (!lookupMax.isPositive()) {
            throw new IllegalArgumentException("lookupMax must be longer than 0");
        }
    }

    public long burst() {
        return Math.max(1, (long) BURST_SECONDS * perSecond);
    }

    public long bytesBurst(int frameBytesMax) {
        return Math.max(bytesPerSecond, (long) FRAMES_AT_ONCE * frameBytesMax);
    }

    public SubmissionLimits withRates(int newPerSecond, long newBytesPerSecond) {
        return new SubmissionLimits(
                newPerSecond,
                newBytesPerSecond,
                failuresPerSecond,
                failuresBurst,
                createsPerSecond,
                createsBurst,
                lookupMax);
    }

    public SubmissionLimits withCreates(int newPerSecond, int newBurst) {
        return new SubmissionLimits(
                perSecond,
                bytesPerSecond,
                failuresPerSecond,
                failuresBurst,
                newPerSecond,
                newBurst,
                lookupMax);
    }

    public SubmissionLimits withLookupMax(Duration newLookupMax) {
        return new SubmissionLimits(
                perSecond,
                bytesPerSecond,
                failuresPerSecond,
                failuresBurst,
                createsPerSecond,
                createsBurst,
                newLookupMax);
    }
}
