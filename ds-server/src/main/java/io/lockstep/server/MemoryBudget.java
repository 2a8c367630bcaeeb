package io.lockstep.server;

import com.sun.management.OperatingSystemMXBean;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.gateway.BlobLimits;
import io.lockstep.gateway.GatewayLimits;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/// The memory that the process may use, and how it is shared out: what is bounded in bytes gets a part of the
/// heap, up to what it needs; connections get the rest.
///
/// ```
/// 7/8 · heap    ≥ BASE + bodies + blobs + rings + connections · each.heap
/// 7/8 · direct  ≥ rings + reads for catch-up + stuck sessions · what one is owed
/// machine       ≥ heap + rings + connections · each.outside
/// ```
///
/// An eighth stays free for what is short-lived.
///
/// @param heap most bytes of the heap
/// @param direct most bytes of buffers outside it
/// @param machine bytes of the machine, or of the container
/// @param each what a connection costs
record MemoryBudget(long heap, long direct, long machine, Cost each) {
    private static final long MIB = 1 << 20;

    /// Classes' statics, metrics, pools: the heap of a server without clients is smaller.
    private static final long BASE = 32 * MIB;

    /// More than this one process is not asked to hold unless told so.
    private static final int CONNECTIONS_MAX = 100_000;

    private static final int STUCK_MIN = 64;
    private static final int STUCK_OF_CONNECTIONS = 100;

    /// What an open connection costs that is attached to a group, rounded up from what was measured.
    ///
    /// @param heap bytes of objects
    /// @param outside bytes of the TLS engine, and of the socket in the kernel
    record Cost(int heap, int outside) {
        static final Cost PLAIN = new Cost(2_304, 5 << 10);
        static final Cost BORINGSSL = new Cost(3_840, 13 << 10);
        static final Cost JDK = new Cost(6_144, 48 << 10);

        static Cost of(Optional<TlsEngine> tls) {
            return tls.map(engine ->
                            switch (engine) {
                                case BORINGSSL -> BORINGSSL;
                                case JDK -> JDK;
                            })
                    .orElse(PLAIN);
        }
    }

    static MemoryBudget ofThisProcess(Optional<TlsEngine> tls) {
        long machine =
                ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os
                                && os.getTotalMemorySize() > 0
                        ? os.getTotalMemorySize()
                        : Long.MAX_VALUE;
        return new MemoryBudget(
                Runtime.getRuntime().maxMemory(),
                PlatformDependent.maxDirectMemory(),
                machine,
                Cost.of(tls));
    }

    FanoutLimits fanout() {
        var defaults = FanoutLimits.DEFAULT;
        return defaults.withRingsBytesMax(
                between(
                        defaults.ringBytesMax(),
                        Math.min(heap, direct) / 8,
                        defaults.ringsBytesMax()));
    }

    GatewayLimits.Http http() {
        var defaults = GatewayLimits.Http.DEFAULT;
        return defaults.withBodyBytesTotalMax(
                between(defaults.bodyBytesMax(), heap / 8, defaults.bodyBytesTotalMax()));
    }

    BlobLimits blobs() {
        var defaults = BlobLimits.DEFAULT;
        return new BlobLimits(
                defaults.blobBytesMax(),
                between(defaults.blobBytesMax(), heap / 16, defaults.cacheBytesMax()),
                (int) between(1, heap / 8 / defaults.fetchBytesMax(), defaults.fetchesMax()),
                defaults.uploadBytesPerSecond(),
                defaults.uploadBurstBytes());
    }

    private static long between(long least, long value, long most) {
        return Math.clamp(value, least, Math.max(least, most));
    }

    /// How many connections there may be.
    ///
    /// @param asked 0: as many as there is memory for
    /// @throws IllegalArgumentException when there is no memory for them, naming what to change
    int connections(int asked) {
        long fixed = fixed();
        long room =
                Math.min(
                        (heap / 8 * 7 - fixed) / each.heap,
                        (machine - heap - fanout().ringsBytesMax()) / each.outside);
        if (room < 1) {
            throw new IllegalArgumentException(
                    ("a heap of %s on a machine of %s holds no connections beside %s for bodies, blobs"
                                    + " and recent messages; change the heap (-Xmx,"
                                    + " -XX:MaxRAMPercentage)")
                            .formatted(show(heap), show(machine), show(fixed)));
        }
        if (asked > room) {
            throw new IllegalArgumentException(
                    ("connections-max %d needs more memory than there is: a heap of %s on a machine of"
                                    + " %s holds %d, at %d bytes of heap and %d outside it for each,"
                                    + " beside %s for bodies, blobs and recent messages; lower it, or"
                                    + " change the heap (-Xmx, -XX:MaxRAMPercentage)")
                            .formatted(
                                    asked,
                                    show(heap),
                                    show(machine),
                                    room,
                                    each.heap,
                                    each.outside,
                                    show(fixed)));
        }
        int connections = asked == 0 ? (int) Math.min(room, CONNECTIONS_MAX) : asked;
        requireDirect(connections);
        return connections;
    }

    /// What may be held on the heap whoever is connected.
    private long fixed() {
        return BASE + http().bodyBytesTotalMax() + blobs().bytesMax() + fanout().ringsBytesMax();
    }

    private void requireDirect(int connections) {
        int stuck = Math.max(STUCK_MIN, connections / STUCK_OF_CONNECTIONS);
        try {
            fanout().requireFits(direct / 8 * 7, stuck);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "direct memory of "
                            + show(direct)
                            + " does not do for connections-max "
                            + connections
                            + ": "
                            + e.getMessage()
                            + "; lower connections-max, or raise -XX:MaxDirectMemorySize",
                    e);
        }
    }

    private static String show(long bytes) {
        return bytes / MIB + " MiB";
    }
}
