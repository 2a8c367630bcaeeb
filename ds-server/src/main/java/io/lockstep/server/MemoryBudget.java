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

/// The memory that the process may use, and how it is shared out: what is bounded in bytes gets its least and a
/// part of what is left of the heap, up to what it needs; connections get the rest.
///
/// ```
/// 7/8 · heap    ≥ BASE + bodies + blobs + submissions + groups + rings + reads + strangers
///                 + handshakes · each.handshakeHeap + connections · each.heap
/// 7/8 · direct  ≥ buffers
/// 7/8 · machine ≥ heap + OUTSIDE + buffers + handshakes · each.handshakeOutside
///                 + connections · each.outside
///       buffers = rings + reads for catch-up + TLS records + strangers + unfinished messages
///                 + stuck sessions · what one is owed
/// ```
///
/// What strangers send is counted twice: heads of requests are on the heap, the rest is not.
///
/// An eighth stays free: of heap and direct memory for what is short-lived, of the machine for its system.
///
/// @param heap most bytes of the heap
/// @param direct most bytes of buffers outside it
/// @param machine bytes of the machine, or of the container
/// @param sealed bytes of TLS records on their way to sockets
/// @param each what a connection costs
record MemoryBudget(long heap, long direct, long machine, long sealed, Cost each) {
    private static final long MIB = 1 << 20;

    /// Classes' statics, metrics, pools: the heap of a server without clients is smaller.
    private static final long BASE = 32 * MIB;

    /// Java's own: classes, compiled code, threads' stacks, what the collector keeps.
    private static final long OUTSIDE = 160 * MIB;

    /// The states of one large group.
    private static final long RESIDENT_MIN = 8 * MIB;

    /// More than this one process is not asked to hold unless told so.
    private static final int CONNECTIONS_MAX = 100_000;

    /// One hello of each of eight addresses.
    private static final long STRANGERS_MIN = 4 * MIB;

    private static final int HANDSHAKES_MIN = 64;
    private static final SessionLimits SESSION = SessionLimits.DEFAULT;

    private static final int STUCK_MIN = 64;
    private static final int STUCK_OF_CONNECTIONS = 100;

    /// What an open connection costs that is attached to a group, rounded up from what was measured.
    ///
    /// @param heap bytes of objects
    /// @param outside bytes of the TLS engine, and of the socket in the kernel
    /// @param handshakeHeap bytes of objects more until its client is known
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

    /// How many connections one kind of memory holds.
    ///
    /// @param memory which, and how much of it there is
    /// @param beside bytes that it holds whoever is connected
    /// @param remedy what to change where that is too few
    private record Room(String memory, long beside, long connections, String remedy) {}

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

    /// What may be held of what has begun to arrive: direct memory, and of strangers as much heap.
    ///
    /// @throws IllegalArgumentException when one message of that length does not fit
    ReceiveLimits receive(int frameBytesMax) {
        var defaults = ReceiveLimits.DEFAULT;
        long least = ReceiveLimits.sessionsBytesMin(frameBytesMax);
        long sessions = Math.min(direct / 32, defaults.sessionsBytesMax());
        if (least > Math.max(sessions, ReceiveLimits.sessionsBytesMin(SESSION.frameBytesMax()))) {
            throw new IllegalArgumentException(
                    ("frame-bytes-max %d needs %s of direct memory for messages that are not whole,"
                                    + " and has %s; lower it, or raise -XX:MaxDirectMemorySize")
                            .formatted(frameBytesMax, show(least), show(sessions)));
        }
        return defaults.withBytesMax(
                Math.clamp(
                        Math.min(direct, heap) / 64, STRANGERS_MIN, defaults.strangersBytesMax()),
                Math.max(least, sessions));
    }

    private ReceiveLimits receive() {
        return receive(SESSION.frameBytesMax());
    }

    /// How many connections may be open whose client is not known: a small part of the memory.
    int handshakes() {
        long onHeap = usable(heap) / 32 / each.handshakeHeap;
        long outside = usable(machine) / 96 / Math.max(1, each.handshakeOutside);
        return Math.clamp(
                Math.min(onHeap, outside),
                HANDSHAKES_MIN,
                GatewayLimits.Connections.DEFAULT.handshakesMax());
    }

    /// What it cannot do without, and a part of what everything's least leaves of the heap.
    private long share(long least, int part, long most) {
        long left = Math.max(0, usable(heap) - leastFixed());
        return Math.min(least + left / part, Math.max(least, most));
    }

    /// The least of everything: without it no server starts.
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
                + STRANGERS_MIN;
    }

    /// What may be held on the heap whoever is connected.
    private long fixed() {
        return BASE
                + http().bodyBytesTotalMax()
                + blobs().bytesMax()
                + ordering().queuedBytesMax()
                + ordering().residentBytesMax()
                + fanout().ringsBytesMax()
                + fanout().readBytesMax()
                + receive().strangersBytesMax()
                + (long) handshakes() * each.handshakeHeap;
    }

    /// What may be held outside the heap whoever is stuck.
    private long buffers() {
        return fanout().worstCaseBytes(0)
                + sealed
                + receive().strangersBytesMax()
                + receive().sessionsBytesMax();
    }

    /// How many connections there may be.
    ///
    /// @param asked 0: as many as there is memory for
    /// @throws IllegalArgumentException when there is no memory for them, naming what to change
    int connections(int asked) {
        var room = room();
        if (room.connections < 1) {
            throw new IllegalArgumentException(
                    "%s holds no connections beside %s for everything else; %s"
                            .formatted(room.memory, show(room.beside), room.remedy));
        }
        if (asked > room.connections) {
            throw new IllegalArgumentException(
                    ("connections-max %d needs more memory than there is: %s holds %d, beside %s"
                                    + " for everything else; lower it, or %s")
                            .formatted(
                                    asked,
                                    room.memory,
                                    room.connections,
                                    show(room.beside),
                                    room.remedy));
        }
        return asked == 0 ? (int) Math.min(room.connections, CONNECTIONS_MAX) : asked;
    }

    /// Where the fewest fit.
    private Room room() {
        long buffers = buffers();
        long onHeap = fixed();
        long outside = heap + OUTSIDE + buffers + (long) handshakes() * each.handshakeOutside;
        return Stream.of(
                        new Room(
                                "a heap of " + show(heap),
                                onHeap,
                                (usable(heap) - onHeap) / each.heap,
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
                                withStuck(usable(machine) - outside, each.outside),
                                "give Java a smaller heap (-Xmx, -XX:MaxRAMPercentage)"))
                .min(Comparator.comparingLong(Room::connections))
                .orElseThrow();
    }

    /// Connections for which these bytes do, when one in 100 of them is stuck, and 64 at least.
    private long withStuck(long bytes, int eachBytes) {
        long owed = fanout().owedBytesMax();
        long fewStuck = (bytes - STUCK_MIN * owed) / Math.max(1, eachBytes);
        return Math.min(fewStuck, bytes / (eachBytes + owed / STUCK_OF_CONNECTIONS + 1));
    }

    /// How memory is shared out, a line for each kind, for whoever starts the server.
    ///
    /// @param connections that there may be
    List<String> description(int connections) {
        var receive = receive();
        int beginning = Math.min(handshakes(), connections);
        return List.of(
                "heap %s: bodies %s, blobs %s, submissions %s, groups %s, recent messages %s, reads %s"
                        .formatted(
                                show(heap),
                                show(http().bodyBytesTotalMax()),
                                show(blobs().bytesMax()),
                                show(ordering().queuedBytesMax()),
                                show(ordering().residentBytesMax()),
                                show(fanout().ringsBytesMax()),
                                show(fanout().readBytesMax())),
                "direct %s: unfinished messages %s, strangers %s, fan-out %s, TLS records %s"
                        .formatted(
                                show(direct),
                                show(receive.sessionsBytesMax()),
                                show(receive.strangersBytesMax()),
                                show(fanout().worstCaseBytes(stuck(connections))),
                                show(sealed)),
                "%d connections, %s of heap and %s outside; %d at a time not authenticated, %s and %s more"
                        .formatted(
                                connections,
                                show((long) connections * each.heap),
                                show((long) connections * each.outside),
                                beginning,
                                show((long) beginning * each.handshakeHeap),
                                show((long) beginning * each.handshakeOutside)));
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
