package io.lockstep.gateway.limits;

import java.time.Duration;

/// Limits of one session.
///
/// @param frameBytesMax longest WebSocket message from a client
/// @param messageBytesMax longest MLSMessage in `send` and `commit`, and longest GroupInfo
/// @param welcomeBytesMax longest Welcome
/// @param submissionsInFlightMax unanswered submissions
/// @param attachedGroupsMax attached groups
/// @param answerBytesMax answers that the client has not read; beyond it the session is closed.
///     Deliveries are not counted: they wait in the log.
/// @param writeLowBytes the socket becomes writable below this
/// @param writeHighBytes the socket becomes unwritable above this: two joined buffers of fan-out;
///     `FanoutLimits.highWaterBytes` is the same number
/// @param helloTimeout from the upgrade to `hello`
/// @param authenticationTimeout from `hello` to the result of the authentication service
/// @param pingInterval two unanswered pings in a row close the session
/// @param closeTimeout from sending a close frame to the client's answer
/// @param drain the time over which a stop moves the sessions to other nodes, each at its own time;
///     zero: all at once
/// @param drainOverlap how much longer than its own time a session stays open, so that the client
///     opens the next one before
public record SessionLimits(
        int frameBytesMax,
        int messageBytesMax,
        int welcomeBytesMax,
        int submissionsInFlightMax,
        int attachedGroupsMax,
        int answerBytesMax,
        int writeLowBytes,
        int writeHighBytes,
        Duration helloTimeout,
        Duration authenticationTimeout,
        Duration pingInterval,
        Duration closeTimeout,
        Duration drain,
        Duration drainOverlap) {
    /// The longest `hello`: one that resumes a thousand groups. The client is not authenticated
    /// yet, and two bytes of a `hello` may become an object of forty bytes.
    public static final int HELLO_BYTES_MAX = 512 << 10;

    public static final SessionLimits DEFAULT =
            new SessionLimits(
                    2 << 20,
                    64 << 10,
                    1 << 20,
                    64,
                    1_000,
                    8 << 20,
                    64 << 10,
                    128 << 10,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(2),
                    Duration.ZERO,
                    Duration.ofSeconds(5));

    /// Bytes of a commit beside its four parts: field names, lengths and client names. In JSON,
    /// base64 makes four bytes of three.
    private static final int ENVELOPE_BYTES = 64 << 10;

    public SessionLimits {
        if (submissionsInFlightMax < 1 || attachedGroupsMax < 1) {
            throw new IllegalArgumentException("the limits of a session must be 1 or more");
        }
        if (messageBytesMax < 1 || welcomeBytesMax < 1) {
            throw new IllegalArgumentException("message limits must be at least 1 byte");
        }
        long bundle = 3L * messageBytesMax + welcomeBytesMax;
        if (frameBytesMax < bundle * 4 / 3 + ENVELOPE_BYTES) {
            throw new IllegalArgumentException(
                    "frame bytes "
                            + frameBytesMax
                            + " do not hold a commit, its GroupInfo, tree and Welcome in JSON");
        }
        if (writeLowBytes < 1 || writeHighBytes < writeLowBytes) {
            throw new IllegalArgumentException("write marks must satisfy 1 <= low <= high");
        }
        if (answerBytesMax < writeHighBytes) {
            throw new IllegalArgumentException("answerBytesMax must be at least writeHighBytes");
        }
        if (pingInterval.toMillis() < 1 || helloTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("durations must be at least 1 ms");
        }
    }

    public SessionLimits withDrain(Duration time, Duration overlap) {
        return new SessionLimits(
                frameBytesMax,
                messageBytesMax,
                welcomeBytesMax,
                submissionsInFlightMax,
                attachedGroupsMax,
                answerBytesMax,
                writeLowBytes,
                writeHighBytes,
                helloTimeout,
                authenticationTimeout,
                pingInterval,
                closeTimeout,
                time,
                overlap);
    }

    /// How long a drain may take; zero without one.
    public Duration drainMax() {
        return drain.isZero() ? Duration.ZERO : drain.plus(drainOverlap);
    }
}
