package io.lockstep.gateway.limits;

import java.time.Duration;

/// What may be held of messages and requests that have begun to arrive and are not whole. Bytes are those of the
/// buffers that hold them, so they are direct memory.
///
/// @param strangersBytesMax of all connections whose client is not known yet
/// @param sessionsBytesMax of all sessions; one user has an eighth of it, and room for two messages at least
/// @param fragmentsMax WebSocket fragments of one message; each costs work, none costs memory beyond its bytes
/// @param headerFieldsMax fields in the head of a request: each is a handful of objects
/// @param progressInterval how often what has begun to arrive must have come further
/// @param strangerBytesMin how much must come in an interval of a head, a TLS handshake or a `hello`
/// @param messageBytesMin how much must come in an interval of a session's message or of a body
public record ReceiveLimits(
        long strangersBytesMax,
        long sessionsBytesMax,
        int fragmentsMax,
        int headerFieldsMax,
        Duration progressInterval,
        int strangerBytesMin,
        int messageBytesMin) {
    public static final ReceiveLimits DEFAULT =
            new ReceiveLimits(
                    32L << 20, 128L << 20, 16_384, 100, Duration.ofSeconds(5), 16, 4 << 10);

    /// Of the strangers' bytes one address has an eighth, and all of an IPv6 /48 a quarter.
    private static final int ADDRESS_PART = 8;

    private static final int SITE_PART = 4;
    private static final int USER_PART = 8;

    public ReceiveLimits {
        if (strangersBytesMax < (long) ADDRESS_PART * SessionLimits.HELLO_BYTES_MAX) {
            throw new IllegalArgumentException("each address has room for one hello");
        }
        if (fragmentsMax < 1 || headerFieldsMax < 1) {
            throw new IllegalArgumentException("a message has a fragment, a head has fields");
        }
        if (progressInterval.toMillis() < 1 || strangerBytesMin < 1 || messageBytesMin < 1) {
            throw new IllegalArgumentException(
                    "progress is a byte or more in a millisecond or more");
        }
    }

    /// What the sessions need at least, so that one user can send a message of this length on two sessions.
    public static long sessionsBytesMin(int frameBytesMax) {
        // Buffers grow by doubling.
        return 4L * frameBytesMax;
    }

    public ByteBudget strangers() {
        return ByteBudget.ofStrangers(
                strangersBytesMax, strangersBytesMax / ADDRESS_PART, strangersBytesMax / SITE_PART);
    }

    public ByteBudget sessions(int frameBytesMax) {
        long share =
                Math.min(
                        sessionsBytesMax,
                        Math.max(sessionsBytesMax / USER_PART, sessionsBytesMin(frameBytesMax)));
        return new ByteBudget(sessionsBytesMax, share, share);
    }

    public ReceiveLimits withBytesMax(long strangers, long sessions) {
        return new ReceiveLimits(
                strangers,
                sessions,
                fragmentsMax,
                headerFieldsMax,
                progressInterval,
                strangerBytesMin,
                messageBytesMin);
    }

    public ReceiveLimits withProgress(Duration interval, int stranger, int message) {
        return new ReceiveLimits(
                strangersBytesMax,
                sessionsBytesMax,
                fragmentsMax,
                headerFieldsMax,
                interval,
                stranger,
                message);
    }
}
