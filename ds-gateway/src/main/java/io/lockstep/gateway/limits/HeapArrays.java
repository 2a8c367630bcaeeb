package io.lockstep.gateway.limits;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/// Computes how much heap an array occupies. G1 gives an object longer than half a region whole
/// regions: with regions of 1 MiB, an array of 1 MiB occupies two. Stateless.
public final class HeapArrays {
    private static final int HEADER_BYTES = 16;
    private static final long REGION_BYTES = regionBytes();

    private HeapArrays() {}

    /// @param length of a byte array
    public static long bytes(long length) {
        return bytes(length, REGION_BYTES);
    }

    /// @param regionBytes 0 for a heap without regions
    static long bytes(long length, long regionBytes) {
        long object = length + HEADER_BYTES;
        return 2 * object <= regionBytes || regionBytes == 0
                ? length
                : Math.ceilDiv(object, regionBytes) * regionBytes;
    }

    private static long regionBytes() {
        var options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        try {
            return Boolean.parseBoolean(options.getVMOption("UseG1GC").getValue())
                    ? Long.parseLong(options.getVMOption("G1HeapRegionSize").getValue())
                    : 0;
        } catch (IllegalArgumentException e) {
            // This JVM has no G1.
            return 0;
        }
    }
}
