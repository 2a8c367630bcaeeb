package io.lockstep.gateway.limits;

import java.time.Duration;

/// Limits of messages and requests that have begun to arrive and are incomplete. Bytes are counted
/// as the capacity of the buffers that hold them, which are direct memory.
///
/// @param unauthenticatedBytesMax of all connections whose client is not authenticated yet
/// @param sessionsBytesMax of all sessions; one user's share is an eighth, and at least two
///     messages
/// @param fragmentsMax WebSocket fragments of one message; each costs CPU, and no memory beyond its
///     bytes
/// @param headerFieldsMax fields in a request head; each is a handful of objects
/// @param progressInterval in each interval, an incomplete message or request must make progress
/// @param unauthenticatedBytesMin bytes per interval of a request head, a TLS handshake or a
///     `hello`
/// @param messageBytesMin bytes per interval of a session's message or of a request body
public record ReceiveLimits(
        long unauthenticatedBytesMax,
        long sessionsBytesMax,
        int fragmentsMax,
        int headerFieldsMax,
        Duration progressInterval,
        int unauthenticatedBytesMin,
        int messageBytesMin) {
    public static final ReceiveLimits DEFAULT =
            new ReceiveLimits(
                    32L << 20, 128L << 20, 16_384, 100, Duration.ofSeconds(5), 16, 4 << 10);

    /// One address has an eighth of the unauthenticated bytes, and one IPv6 /48 a quarter.
    private static final int ADDRESS_PART = 8;

    private static final int SITE_PART = 4;
    private static final int USER_PART = 8;

    public ReceiveLimits {
        if (unauthenticatedBytesMax < (long) ADDRESS_PART * SessionLimits.HELLO_BYTES_MAX) {
            throw new IllegalArgumentException("the share of each address must hold one hello");
        }
        if (fragmentsMax < 1 || headerFieldsMax < 1) {
            throw new IllegalArgumentException(
                    "limits of fragments and header fields must be 1 or more");
        }
        if (progressInterval.toMillis() < 1 || unauthenticatedBytesMin < 1 || messageBytesMin < 1) {
            throw new IllegalArgumentException(
                    "required progress must be at least 1 byte per at least 1 ms");
        }
    }

    /// The least `sessionsBytesMax` with which one user can send a message of this length on two
    /// sessions.
    public static long sessionsBytesMin(int frameBytesMax) {
        // Buffers grow by doubling.
        return 4L * frameBytesMax;
    }

    public ByteBudget unauthenticatedBudget() {
        return ByteBudget.ofUnauthenticated(
                unauthenticatedBytesMax,
                unauthenticatedBytesMax / ADDRESS_PART,
                unauthenticatedBytesMax / SITE_PART);
    }

    public ByteBudget sessions(int frameBytesMax) {
        long share =
                Math.min(
                        sessionsBytesMax,
                        Math.max(sessionsBytesMax / USER_PART, sessionsBytesMin(frameBytesMax)));
        return new ByteBudget(sessionsBytesMax, share, share);
    }

    public ReceiveLimits withBytesMax(long unauthenticated, long sessions) {
        return new ReceiveLimits(
                unauthenticated,
                sessions,
                fragmentsMax,
                headerFieldsMax,
                progressInterval,
                unauthenticatedBytesMin,
                messageBytesMin);
    }

    public ReceiveLimits withProgress(Duration interval, int stranger, int message) {
        return new ReceiveLimits(
                unauthenticatedBytesMax,
                sessionsBytesMax,
                fragmentsMax,
                headerFieldsMax,
                interval,
                stranger,
                message);
    }
}
