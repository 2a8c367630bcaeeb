package io.lockstep.gateway.limits;

import java.time.Duration;

/// Every bound of the gateway.
///
/// @param connections what may be open
/// @param http what a request may take
/// @param session what a session may take
/// @param receive what may be held of what has begun to arrive
/// @param blobs what blobs may take
/// @param submissions what clients and users may submit in a time
/// @param stop how long a graceful stop waits for answers in flight
public record GatewayLimits(
        Connections connections,
        Http http,
        SessionLimits session,
        ReceiveLimits receive,
        BlobLimits blobs,
        SubmissionLimits submissions,
        Duration stop) {
    public static final GatewayLimits DEFAULT =
            new GatewayLimits(
                    Connections.DEFAULT,
                    Http.DEFAULT,
                    SessionLimits.DEFAULT,
                    ReceiveLimits.DEFAULT,
                    BlobLimits.DEFAULT,
                    SubmissionLimits.DEFAULT,
                    Duration.ofSeconds(10));

    /// @param max open at once
    /// @param perAddressMax open at once from one address (of IPv6: from one /64)
    /// @param handshakesMax open, and their client not known yet: what TLS handshakes and slow beginners may
    ///     take. Beyond it the oldest of the address that has the most gives its place to the newcomer.
    public record Connections(int max, int perAddressMax, int handshakesMax) {
        public static final Connections DEFAULT = new Connections(100_000, 10_000, 5_000);

        private static final int ADDRESS_PART = 4;

        public Connections {
            if (max < 1 || perAddressMax < 1 || handshakesMax < 1) {
                throw new IllegalArgumentException("limits on connections are 1 or more");
            }
        }

        /// Of one address; all of them where one address may have all connections.
        public int handshakesPerAddressMax() {
            return perAddressMax >= max
                    ? handshakesMax
                    : Math.min(perAddressMax, Math.max(1, handshakesMax / ADDRESS_PART));
        }
    }

    /// @param requestLineBytesMax longer: 414
    /// @param headerBytesMax all headers together, longer: 431
    /// @param bodyBytesMax of a body of KeyPackages
    /// @param bodyBytesTotalMax of the heap for all bodies at once, see [HeapArrays]; beyond it a request
    ///     is refused as overloaded
    /// @param headTimeout from the connection, or the first byte of a further request, to its last header
    /// @param bodyTimeout from the last header to the last byte of the body
    /// @param idleTimeout between two requests of one connection
    /// @param answerTimeout until the service behind must have answered
    public record Http(
            int requestLineBytesMax,
            int headerBytesMax,
            int bodyBytesMax,
            long bodyBytesTotalMax,
            Duration headTimeout,
            Duration bodyTimeout,
            Duration idleTimeout,
            Duration answerTimeout) {
        public static final Http DEFAULT =
                new Http(
                        8 << 10,
                        8 << 10,
                        8 << 20,
                        256L << 20,
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(30));

        public Http {
            if (bodyBytesTotalMax < bodyBytesMax) {
                throw new IllegalArgumentException("one body must fit into what all may take");
            }
        }

        /// One user has a quarter of it, and room for the longest body at least.
        public ByteBudget bodies() {
            long share = Math.min(bodyBytesTotalMax, Math.max(longest(), bodyBytesTotalMax / 4));
            return new ByteBudget(bodyBytesTotalMax, share, share);
        }

        private long longest() {
            return HeapArrays.bytes(Math.max(bodyBytesMax, BlobLimits.DEFAULT.blobBytesMax()));
        }

        public Http withBodyBytesTotalMax(long bytes) {
            return new Http(
                    requestLineBytesMax,
                    headerBytesMax,
                    bodyBytesMax,
                    bytes,
                    headTimeout,
                    bodyTimeout,
                    idleTimeout,
                    answerTimeout);
        }
    }

    public GatewayLimits withConnections(Connections newConnections) {
        return new GatewayLimits(newConnections, http, session, receive, blobs, submissions, stop);
    }

    public GatewayLimits withHttp(Http newHttp) {
        return new GatewayLimits(connections, newHttp, session, receive, blobs, submissions, stop);
    }

    public GatewayLimits withSession(SessionLimits newSession) {
        return new GatewayLimits(connections, http, newSession, receive, blobs, submissions, stop);
    }

    public GatewayLimits withReceive(ReceiveLimits newReceive) {
        return new GatewayLimits(connections, http, session, newReceive, blobs, submissions, stop);
    }

    public GatewayLimits withBlobs(BlobLimits newBlobs) {
        return new GatewayLimits(connections, http, session, receive, newBlobs, submissions, stop);
    }

    public GatewayLimits withSubmissions(SubmissionLimits newSubmissions) {
        return new GatewayLimits(connections, http, session, receive, blobs, newSubmissions, stop);
    }
}
