package io.lockstep.gateway.limits;

import java.time.Duration;

/// All limits of the gateway.
///
/// @param connections limits of open connections
/// @param http limits of HTTP requests
/// @param session limits of one session
/// @param receive limits of incomplete messages and requests
/// @param blobs limits of blobs
/// @param submissions rate limits of clients and users
/// @param quotas what clients, users, groups and the deployment may use, shared by all nodes
/// @param stop how long a graceful stop waits for answers in flight
public record GatewayLimits(
        Connections connections,
        Http http,
        SessionLimits session,
        ReceiveLimits receive,
        BlobLimits blobs,
        SubmissionLimits submissions,
        QuotaLimits quotas,
        Duration stop) {
    public static final GatewayLimits DEFAULT =
            new GatewayLimits(
                    Connections.DEFAULT,
                    Http.DEFAULT,
                    SessionLimits.DEFAULT,
                    ReceiveLimits.DEFAULT,
                    BlobLimits.DEFAULT,
                    SubmissionLimits.DEFAULT,
                    QuotaLimits.DEFAULT,
                    Duration.ofSeconds(10));

    /// @param max open connections
    /// @param perAddressMax open connections from one address (IPv6: from one /64)
    /// @param handshakesMax open connections whose client is not authenticated yet. Bounds the cost
    ///     of TLS handshakes and slow clients. Beyond it, the oldest connection of the address with
    ///     the most of them is evicted.
    public record Connections(int max, int perAddressMax, int handshakesMax) {
        public static final Connections DEFAULT = new Connections(100_000, 10_000, 5_000);

        private static final int ADDRESS_PART = 4;

        public Connections {
            if (max < 1 || perAddressMax < 1 || handshakesMax < 1) {
                throw new IllegalArgumentException("connection limits must be 1 or more");
            }
        }

        /// The share of one address; all of `handshakesMax` if one address may have all
        /// connections.
        public int handshakesPerAddressMax() {
            return perAddressMax >= max
                    ? handshakesMax
                    : Math.min(perAddressMax, Math.max(1, handshakesMax / ADDRESS_PART));
        }
    }

    /// @param requestLineBytesMax a longer one is refused with 414
    /// @param headerBytesMax of all headers together; more is refused with 431
    /// @param bodyBytesMax of a body of KeyPackages
    /// @param bodyBytesTotalMax heap for all bodies, see [HeapArrays]; beyond it a request is
    ///     refused with `overloaded`
    /// @param headTimeout from the connection, or from the first byte of a further request, to its
    ///     last header
    /// @param bodyTimeout from the last header to the last byte of the body
    /// @param idleTimeout between two requests on one connection
    /// @param answerTimeout until the service behind the gateway must have answered
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
                throw new IllegalArgumentException(
                        "the longest body must fit into the budget of all bodies");
            }
        }

        /// Creates the budget of bodies. One user's share is a quarter, and at least the longest
        /// body.
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
        return new GatewayLimits(
                newConnections, http, session, receive, blobs, submissions, quotas, stop);
    }

    public GatewayLimits withHttp(Http newHttp) {
        return new GatewayLimits(
                connections, newHttp, session, receive, blobs, submissions, quotas, stop);
    }

    public GatewayLimits withSession(SessionLimits newSession) {
        return new GatewayLimits(
                connections, http, newSession, receive, blobs, submissions, quotas, stop);
    }

    public GatewayLimits withReceive(ReceiveLimits newReceive) {
        return new GatewayLimits(
                connections, http, session, newReceive, blobs, submissions, quotas, stop);
    }

    public GatewayLimits withBlobs(BlobLimits newBlobs) {
        return new GatewayLimits(
                connections, http, session, receive, newBlobs, submissions, quotas, stop);
    }

    public GatewayLimits withSubmissions(SubmissionLimits newSubmissions) {
        return new GatewayLimits(
                connections, http, session, receive, blobs, newSubmissions, quotas, stop);
    }

    public GatewayLimits withQuotas(QuotaLimits newQuotas) {
        return new GatewayLimits(
                connections, http, session, receive, blobs, submissions, newQuotas, stop);
    }
}
