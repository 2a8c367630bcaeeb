package io.lockstep.gateway.limits;

import java.time.Duration;

/// What clients and users may submit to one node in a time. A user has twice what a client has: it may use
/// several devices.
///
/// ```
/// frameBytesMax ≤ bytesBurst       one submission is always possible
/// failuresBurst ≪ burst            who fails makes the node look into the store each time
/// ```
///
/// @param perSecond submissions of one client over a long time; 0 for any
/// @param bytesPerSecond bytes of submissions of one client over a long time; 0 for any
/// @param failuresPerSecond submissions and requests of one client to groups that are not there, or closed to it
/// @param failuresBurst the same, at once
/// @param createsPerSecond groups that one user creates over a long time
/// @param createsBurst the same, at once: the load generator's chats are some hundreds for each user
/// @param lookupMax from taking a submission to handing it to ordering
public record SubmissionLimits(
        int perSecond,
        long bytesPerSecond,
        int failuresPerSecond,
        int failuresBurst,
        int createsPerSecond,
        int createsBurst,
        Duration lookupMax) {
    /// The load generator's senders stay below 2,000 a second each.
    public static final SubmissionLimits DEFAULT =
            new SubmissionLimits(5_000, 64L << 20, 20, 200, 5, 2_000, Duration.ofSeconds(10));

    /// So many seconds' submissions may come at once.
    private static final int BURST_SECONDS = 5;

    /// As many frames as a session may have in flight, and one more.
    private static final int FRAMES_AT_ONCE = 3;

    /// A token bucket gains at most a token a nanosecond.
    private static final long BYTES_PER_SECOND_MAX = 256L << 20;

    public SubmissionLimits {
        if (perSecond < 0 || bytesPerSecond < 0) {
            throw new IllegalArgumentException("limits on submissions a second are 0 or more");
        }
        if (bytesPerSecond > BYTES_PER_SECOND_MAX) {
            throw new IllegalArgumentException(
                    "bytes of submissions are at most 256MiB a second, or 0 for any");
        }
        if (failuresPerSecond < 1
                || failuresBurst < 1
                || createsPerSecond < 1
                || createsBurst < 1) {
            throw new IllegalArgumentException("rates of failures and of new groups are 1 or more");
        }
        if (!lookupMax.isPositive()) {
            throw new IllegalArgumentException("a look-up may take some time");
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
