package io.lockstep.server;

import com.sun.management.OperatingSystemMXBean;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.ordering.actor.OrderingLimits;
import io.netty.util.NettyRuntime;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The memory that the process may use, and how it is divided. Each consumer that is bounded in
/// bytes gets its minimum, plus a part of the remaining heap, up to its maximum. Connections get
/// the rest.
///
/// ```
/// 7/8 · heap    ≥ BASE + bodies + blobs + submissions + groups + rings + reads
///                 + unauthenticated + handshakes · perConnection.handshakeHeap
///                 + connections · perConnection.heap
/// 7/8 · direct  ≥ buffers
/// 7/8 · machine ≥ heap + OUTSIDE + buffers
///                 + handshakes · perConnection.handshakeOutside
///                 + connections · perConnection.outside
///       buffers = rings + reads for catch-up + TLS records + unauthenticated
///                 + unfinished messages + stuck sessions · queued bytes of one
/// ```
///
/// Bytes of unauthenticated connections are counted twice: request heads are on the heap, the rest
/// is in direct memory.
///
/// One eighth stays free: of heap and direct memory for short-lived objects, of the machine for its
/// operating system.
///
/// @param heap maximum bytes of the heap
/// @param direct maximum bytes of buffers outside the heap
/// @param machine bytes of the machine, or of the container
/// @param tlsRecords bytes of TLS records that are encrypted and not yet written to sockets
/// @param perConnection memory of one connection
record MemoryBudget(long heap, long direct, long machine, long tlsRecords, Cost perConnection) {
    private static final long MIB = 1 << 20;

    /// Static data of classes, metrics, pools. A server without clients uses less heap than this.
    private static final long BASE = 32 * MIB;

    /// Memory of the JVM itself: classes, compiled code, thread stacks, data of the collector.
    private static final long OUTSIDE = 160 * MIB;

    /// The states of one large group.
    private static final long RESIDENT_MIN = 8 * MIB;

    /// The default maximum. An operator may set a higher one.
    private static final int CONNECTIONS_MAX = 100_000;

    /// One `hello` from each of eight addresses.
    private static final long UNAUTHENTICATED_BYTES_MIN = 4 * MIB;

    private static final int HANDSHAKES_MIN = 64;
    private static final SessionLimits SESSION = SessionLimits.DEFAULT;

    private static final int STUCK_MIN = 64;
    private static final int STUCK_OF_CONNECTIONS = 100;

    /// Memory of one open connection that is attached to a group, rounded up from measurements.
    ///
    /// @param heap bytes of objects
    /// @param outside bytes of the TLS engine, and of the socket in the kernel
    /// @param handshakeHeap additional bytes of objects until its client is authenticated
    /// @param handshakeOutside additional bytes outside the heap until then: the TLS handshake
    /// @param handshakeOutside bytes more outside the heap until then: the TLS handshake
    record Cost(int heap, int outside, int handshakeHeap, int handshakeOutside) {
        static final Cost PLAIN = new Cost(2_304, 5 << 10, 4 << 10, 0);
        static final Cost BORINGSSL = new Cost(3_840, 13 << 10, 6 << 10, 48 << 10);
        static final Cost JDK = new Cost(6_144, 48 << 10, 64 << 10, 36 << 10);

        static Cost of(Optional<TlsEngine> tls) {
            return tls.map(engine ->
                            switch (engine) {
                                case BORINGSSL -> BORINGSSL;
                                case JDK -> JDK;
                            })
                    .orElse(PLAIN);
        }
    }

    /// The number of connections that one kind of memory holds.
    ///
    /// @param memory name and size of the memory
    /// @param other bytes that it holds independently of connections
    /// @param remedy what to change if it holds too few
    private record Room(String memory, long other, long connections, String remedy) {}

    /// @param eventLoops 0: one for each core
    static MemoryBudget ofThisProcess(Optional<TlsEngine> tls, int eventLoops) {
        long machine =
                ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os
                                && os.getTotalMemorySize() > 0
                        ? os.getTotalMemorySize()
                        : Long.MAX_VALUE;
        int loops = eventLoops > 0 ? eventLoops : NettyRuntime.availableProcessors();
        return new MemoryBudget(
                Runtime.getRuntime().maxMemory(),
                PlatformDependent.maxDirectMemory(),
                machine,
                tls.isPresent() ? (long) loops * WritePathChoice.SEALED_BYTES_MAX : 0,
                Cost.of(tls));
    }

    OrderingLimits ordering() {
        var defaults = OrderingLimits.DEFAULT;
        return defaults.withBytesMax(
                share(defaults.mailboxBytesMax(), 16, defaults.queuedBytesMax()),
                share(RESIDENT_MIN, 8, defaults.residentBytesMax()));
    }

    FanoutLimits fanout() {
        var defaults = FanoutLimits.DEFAULT;
        long least = defaults.ringBytesMax();
        return defaults.withRingsBytesMax(
                Math.max(least, Math.min(direct / 8, share(least, 6, defaults.ringsBytesMax()))));
    }

    GatewayLimits.Http http() {
        var defaults = GatewayLimits.Http.DEFAULT;
        return defaults.withBodyBytesTotalMax(
                share(defaults.bodyBytesMax(), 8, defaults.bodyBytesTotalMax()));
    }

    BlobLimits blobs() {
        var defaults = BlobLimits.DEFAULT;
        long fetch = defaults.fetchBytesMax();
        return new BlobLimits(
                defaults.blobBytesMax(),
                share(defaults.blobBytesMax(), 16, defaults.cacheBytesMax()),
                (int) (share(fetch, 8, defaults.fetchesMax() * fetch) / fetch),
                defaults.uploadBytesPerSecond(),
                defaults.uploadBurstBytes());
    }

    /// Limits of bytes that arrived of incomplete messages: direct memory, and the same amount of
    /// heap for unauthenticated connections.
    ///
    /// @throws IllegalArgumentException if one message of `frameBytesMax` does not fit
    ReceiveLimits receive(int frameBytesMax) {
        var defaults = ReceiveLimits.DEFAULT;
        long least = ReceiveLimits.sessionsBytesMin(frameBytesMax);
        long sessions = Math.min(direct / 32, defaults.sessionsBytesMax());
        if (least > Math.max(sessions, ReceiveLimits.sessionsBytesMin(SESSION.frameBytesMax()))) {
            throw new IllegalArgumentException(
                    ("frame-bytes-max %d needs %s of direct memory for incomplete messages,"
                                    + " and has %s; lower it, or raise -XX:MaxDirectMemorySize")
                            .formatted(frameBytesMax, show(least), show(sessions)));
        }
        return defaults.withBytesMax(
                Math.clamp(
                        Math.min(direct, heap) / 64,
                        UNAUTHENTICATED_BYTES_MIN,
                        defaults.unauthenticatedBytesMax()),
                Math.max(least, sessions));
    }

    private ReceiveLimits receive() {
        return receive(SESSION.frameBytesMax());
    }

    /// How many unauthenticated connections may be open: they use a small part of the memory.
    int handshakes() {
        long onHeap = usable(heap) / 32 / perConnection.handshakeHeap;
        long outside = usable(machine) / 96 / Math.max(1, perConnection.handshakeOutside);
        return Math.clamp(
                Math.min(onHeap, outside),
                HANDSHAKES_MIN,
                GatewayLimits.Connections.DEFAULT.handshakesMax());
    }

    /// `least`, plus one `part`-th of the heap that remains after all minimums, at most `most`.
    private long share(long least, int part, long most) {
        long left = Math.max(0, usable(heap) - leastFixed());
        return Math.min(least + left / part, Math.max(least, most));
    }

    /// The sum of all minimums. A server with less heap does not start.
    private static long leastFixed() {
        var blobs = BlobLimits.DEFAULT;
        return BASE
                + GatewayLimits.Http.DEFAULT.bodyBytesMax()
                + blobs.blobBytesMax()
                + blobs.fetchBytesMax()
                + OrderingLimits.DEFAULT.mailboxBytesMax()
                + RESIDENT_MIN
                + FanoutLimits.DEFAULT.ringBytesMax()
                + FanoutLimits.DEFAULT.readBytesMax()
                + UNAUTHENTICATED_BYTES_MIN;
    }

    /// Maximum bytes on the heap that do not depend on the number of connections.
    private long fixed() {
        return BASE
                + http().bodyBytesTotalMax()
                + blobs().bytesMax()
                + ordering().queuedBytesMax()
                + ordering().residentBytesMax()
                + fanout().ringsBytesMax()
                + fanout().readBytesMax()
                + receive().unauthenticatedBytesMax()
                + (long) handshakes() * perConnection.handshakeHeap;
    }

    /// Maximum bytes of direct memory that do not depend on the number of stuck sessions.
    private long buffers() {
        return fanout().worstCaseBytes(0)
                + tlsRecords
                + receive().unauthenticatedBytesMax()
                + receive().sessionsBytesMax();
    }

    /// The maximum number of connections.
    ///
    /// @param asked the operator's setting; 0: as many as memory allows
    /// @throws IllegalArgumentException if they do not fit into memory; the message names the
    /// remedy
    int connections(int asked) {
        var room = room();
        if (room.connections < 1) {
            throw new IllegalArgumentException(
                    "%s holds no connections besides %s for everything else; %s"
                            .formatted(room.memory, show(room.other), room.remedy));
        }
        if (asked > room.connections) {
            throw new IllegalArgumentException(
                    ("connections-max %d needs more memory than there is: %s holds %d, besides %s"
                                    + " for everything else; lower it, or %s")
                            .formatted(
                                    asked,
                                    room.memory,
                                    room.connections,
                                    show(room.other),
                                    room.remedy));
        }
        int connections = asked == 0 ? (int) Math.min(room.connections, CONNECTIONS_MAX) : asked;
        assert invariants(connections) : this + " with " + connections + " connections";
        return connections;
    }

    /// The inequalities of the class comment.
    private boolean invariants(int connections) {
        long buffers = buffers() + (long) stuck(connections) * fanout().owedBytesMax();
        long outside = OUTSIDE + (long) handshakes() * perConnection.handshakeOutside;
        return usable(heap) >= fixed() + (long) connections * perConnection.heap
                && usable(direct) >= buffers
                && usable(machine)
                        >= heap + outside + buffers + (long) connections * perConnection.outside;
    }

    /// The kind of memory that holds the fewest connections.
    private Room room() {
        long buffers = buffers();
        long onHeap = fixed();
        long outside =
                heap + OUTSIDE + buffers + (long) handshakes() * perConnection.handshakeOutside;
        return Stream.of(
                        new Room(
                                "a heap of " + show(heap),
                                onHeap,
                                (usable(heap) - onHeap) / perConnection.heap,
                                "give Java a larger heap (-Xmx, -XX:MaxRAMPercentage)"),
                        new Room(
                                "direct memory of " + show(direct),
                                buffers,
                                withStuck(usable(direct) - buffers, 0),
                                "raise -XX:MaxDirectMemorySize"),
                        new Room(
                                "a machine of %s with a heap of %s"
                                        .formatted(show(machine), show(heap)),
                                outside,
                                withStuck(usable(machine) - outside, perConnection.outside),
                                "give Java a smaller heap (-Xmx, -XX:MaxRAMPercentage)"))
                .min(Comparator.comparingLong(Room::connections))
                .orElseThrow();
    }

    /// The number of connections that fit into `bytes` if one in 100 of them is stuck, and 64 at
    /// least.
    private long withStuck(long bytes, int bytesOfOne) {
        long owed = fanout().owedBytesMax();
        long fewStuck = (bytes - STUCK_MIN * owed) / Math.max(1, bytesOfOne);
        return Math.min(fewStuck, bytes / (bytesOfOne + owed / STUCK_OF_CONNECTIONS + 1));
    }

    /// How memory is divided: one line for each kind, for the log at start.
    ///
    /// @param connections the maximum number of connections
    List<String> description(int connections) {
        var receive = receive();
        int unauthenticated = Math.min(handshakes(), connections);
        return List.of(
                ("heap %s: bodies %s, blobs %s, submissions %s, groups %s,"
                                + " recent messages %s, reads %s")
                        .formatted(
                                show(heap),
                                show(http().bodyBytesTotalMax()),
                                show(blobs().bytesMax()),
                                show(ordering().queuedBytesMax()),
                                show(ordering().residentBytesMax()),
                                show(fanout().ringsBytesMax()),
                                show(fanout().readBytesMax())),
                ("direct %s: unfinished messages %s, unauthenticated connections %s,"
                                + " fan-out %s, TLS records %s")
                        .formatted(
                                show(direct),
                                show(receive.sessionsBytesMax()),
                                show(receive.unauthenticatedBytesMax()),
                                show(fanout().worstCaseBytes(stuck(connections))),
                                show(tlsRecords)),
                ("%d connections, %s of heap and %s outside;"
                                + " %d at a time not authenticated, %s and %s more")
                        .formatted(
                                connections,
                                show((long) connections * perConnection.heap),
                                show((long) connections * perConnection.outside),
                                unauthenticated,
                                show((long) unauthenticated * perConnection.handshakeHeap),
                                show((long) unauthenticated * perConnection.handshakeOutside)));
    }

    private static int stuck(int connections) {
        return Math.max(STUCK_MIN, connections / STUCK_OF_CONNECTIONS);
    }

    private static long usable(long bytes) {
        return bytes / 8 * 7;
    }

    private static String show(long bytes) {
        return bytes / MIB + " MiB";
    }
}
