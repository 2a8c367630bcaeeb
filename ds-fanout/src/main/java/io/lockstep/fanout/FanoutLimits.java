package io.lockstep.fanout;

/// The limits of fan-out, and the arithmetic that ties them together.
///
/// A session that is up to date holds no buffer. A session whose socket is full holds at most the
/// bytes queued when it was last writable and one more joined buffer, `highWaterBytes +
/// joinedBytesMax`. Everything else that it lacks is a position (invariant I7).
///
/// @param ringEntriesMax recent entries kept per group for sessions that are a little behind. Power
///     of two.
/// @param ringBytesMax bytes of entries and encoded frames kept per group. The newest entry is kept
///     whatever its size, until [#ringsBytesMax] requires its eviction.
/// @param ringsBytesMax bytes of all rings of the node and of the catch-up buffers kept with them.
///     Beyond it the least recently used group gives up both, and its slow sessions read the log
///     instead.
/// @param joinedBytesMax bytes joined in one buffer, frames included. At least one delivery always
///     fits. One write of this size already spreads the cost of the system call over 60 messages of
///     1 KiB.
/// @param joinedCountMax deliveries joined in one buffer. Catch-up reads end at multiples of it, so
///     that sessions that fell behind at different positions soon share their buffers.
/// @param sliceSessions sessions written to before an event loop turns to its other work. At 10 to
///     12 µs of kernel time each, 256 sessions occupy a loop for about 3 ms.
/// @param catchUpReadsMax concurrent log reads for sessions that are behind, over all groups
/// @param catchUpSessionsMax sessions of one event loop that catch up at the same time, among those
///     that lack more than one buffer. 256 sessions at 1 MB/s each fill 2 Gbit/s. The kernel holds
///     up to `owedBytesMax` of each session, and what it has sent.
/// @param noticesBytesMax bytes of notices of one group that are not yet processed. Beyond it
///     notices are dropped and the log is read instead.
/// @param ephemeralsMax ephemeral messages of one group that wait on one event loop. Beyond it they
///     are dropped: ephemeral messages have no delivery guarantee.
/// @param highWaterBytes bytes in a sink's socket queue beyond which it is not writable. The
///     gateway configures its channels with it.
public record FanoutLimits(
        int ringEntriesMax,
        int ringBytesMax,
        long ringsBytesMax,
        int joinedBytesMax,
        int joinedCountMax,
        int sliceSessions,
        int catchUpReadsMax,
        int catchUpSessionsMax,
        int noticesBytesMax,
        int ephemeralsMax,
        int highWaterBytes) {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /// Cost of a ring entry in addition to its message: the entry, its slot, hashes, a frame
    /// header.
    public static final int ENTRY_OVERHEAD_BYTES = 512;

    /// Upper bound of the messages of one read, in units of [#joinedBytesMax]: less than two,
    /// because the last message may cross the limit.
    private static final int MESSAGES_OF_A_READ = 2;

    /// Upper bound of the direct memory of one read, in units of [#joinedBytesMax]: its messages in
    /// frames of proto, and in frames of JSON, which are a third longer: 2 · (1 + 4/3), and
    /// headers.
    private static final int FRAMES_OF_A_READ = 5;

    public static final FanoutLimits DEFAULT =
            new FanoutLimits(
                    1024, MIB, 128L * MIB, 64 * KIB, 64, 256, 64, 256, 2 * MIB, 64, 128 * KIB);

    public FanoutLimits {
        atLeast("ringEntriesMax", ringEntriesMax, 1);
        atLeast("joinedCountMax", joinedCountMax, 1);
        atLeast("sliceSessions", sliceSessions, 1);
        atLeast("catchUpReadsMax", catchUpReadsMax, 1);
        atLeast("catchUpSessionsMax", catchUpSessionsMax, 1);
        atLeast("ephemeralsMax", ephemeralsMax, 1);
        atLeast("joinedBytesMax", joinedBytesMax, ENTRY_OVERHEAD_BYTES);
        if (Integer.bitCount(ringEntriesMax) != 1) {
            throw new IllegalArgumentException(
                    "ringEntriesMax must be a power of two, not " + ringEntriesMax);
        }
        ordered("joinedBytesMax", joinedBytesMax, "ringBytesMax", ringBytesMax);
        ordered("joinedBytesMax", joinedBytesMax, "noticesBytesMax", noticesBytesMax);
        ordered("ringBytesMax", ringBytesMax, "ringsBytesMax", ringsBytesMax);
        // One joined burst must not make the socket of an up-to-date session unwritable.
        ordered("2 * joinedBytesMax", 2L * joinedBytesMax, "highWaterBytes", highWaterBytes);
    }

    /// Bytes of catch-up buffers kept per group in addition to the ring. It is a part of
    /// [#ringsBytesMax], so that one group's reconnect storm leaves room for other groups. The
    /// default holds the last 25,000 entries of 1 KiB.
    public long catchUpBuffersBytesMax() {
        return ringsBytesMax / 4;
    }

    /// The position at which a catch-up buffer that starts after the given position ends.
    public long nextMultiple(long after) {
        return after - after % joinedCountMax + joinedCountMax;
    }

    public FanoutLimits withRingsBytesMax(long bytes) {
        return new FanoutLimits(
                ringEntriesMax,
                ringBytesMax,
                bytes,
                joinedBytesMax,
                joinedCountMax,
                sliceSessions,
                catchUpReadsMax,
                catchUpSessionsMax,
                noticesBytesMax,
                ephemeralsMax,
                highWaterBytes);
    }

    /// Upper bound of the heap memory of all reads: messages as they were read.
    public long readBytesMax() {
        return (long) MESSAGES_OF_A_READ * catchUpReadsMax * joinedBytesMax;
    }

    /// Upper bound of fan-out's direct memory: all rings full, all concurrent reads answered, and
    /// this many stuck sessions, each at a position of its own. The server checks it at start.
    public long worstCaseBytes(int stuckSessions) {
        return ringsBytesMax
                + (long) FRAMES_OF_A_READ * catchUpReadsMax * joinedBytesMax
                + (long) stuckSessions * owedBytesMax();
    }

    /// Upper bound of the bytes that one stuck session holds.
    public long owedBytesMax() {
        return (long) highWaterBytes + joinedBytesMax;
    }

    private static void atLeast(String name, int value, int min) {
        if (value < min) {
            throw new IllegalArgumentException(
                    name + " must be at least " + min + ", not " + value);
        }
    }

    private static void ordered(String smaller, long small, String larger, long large) {
        if (small > large) {
            throw new IllegalArgumentException(
                    smaller + " (" + small + ") must not exceed " + larger + " (" + large + ")");
        }
    }
}
