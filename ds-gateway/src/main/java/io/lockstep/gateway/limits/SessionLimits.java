package io.lockstep.gateway.limits;

import java.time.Duration;

/// What one session may take.
///
/// @param frameBytesMax longest WebSocket message from a client
/// @param messageBytesMax longest MLSMessage in send and commit, and longest GroupInfo
/// @param welcomeBytesMax longest Welcome
/// @param submissionsInFlightMax submissions unanswered
/// @param attachedGroupsMax groups attached
/// @param answerBytesMax answers the client has not read; beyond it the session is closed. Deliveries do
///     not count: they wait in the log.
/// @param writeLowBytes the socket takes more again below this
/// @param writeHighBytes the socket takes no more above this: two joined buffers of fan-out, whose
///     `FanoutLimits.highWaterBytes` is the same number
/// @param helloTimeout from the upgrade to `hello`
/// @param authenticationTimeout from `hello` to what the authentication service says
/// @param pingInterval two pings in a row unanswered close the session
/// @param closeTimeout how long the other side may take to answer a close
/// @param reconnectSpread clients told to go away come back spread over this time
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
        Duration reconnectSpread) {
    /// The first message of a session, from whom nobody knows yet: a `hello` that resumes a thousand groups.
    /// Each two bytes of it may become an object of forty.
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
                    Duration.ofSeconds(5));

    /// Field names, lengths and names of clients in a commit, beside its four parts. In JSON, base64
    /// makes four bytes of three.
    private static final int ENVELOPE_BYTES = 64 << 10;

    public SessionLimits {
        if (submissionsInFlightMax < 1 || attachedGroupsMax < 1) {
            throw new IllegalArgumentException("a session may do at least one thing");
        }
        if (messageBytesMax < 1 || welcomeBytesMax < 1) {
            throw new IllegalArgumentException("a message has at least a byte");
        }
        long bundle = 3L * messageBytesMax + welcomeBytesMax;
        if (frameBytesMax < bundle * 4 / 3 + ENVELOPE_BYTES) {
            throw new IllegalArgumentException(
                    "frame bytes "
                            + frameBytesMax
                            + " do not hold a commit, its GroupInfo, tree and Welcome in JSON");
        }
        if (writeLowBytes < 1 || writeHighBytes < writeLowBytes) {
            throw new IllegalArgumentException("write marks are 1 <= low <= high");
        }
        if (answerBytesMax < writeHighBytes) {
            throw new IllegalArgumentException("answers may take at least what the socket takes");
        }
        if (pingInterval.toMillis() < 1 || helloTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("times are a millisecond or more");
        }
    }
}
