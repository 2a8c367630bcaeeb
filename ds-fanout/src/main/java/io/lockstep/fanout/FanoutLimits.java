package io.lockstep.fanout;

/// Every bound of fan-out, with the arithmetic that ties them together.
///
/// What they are worth: a session that is up to date costs no buffer at all. A session whose socket is
/// full is owed at most what it held when it was last writable and one joined buffer more,
/// `highWaterBytes + joinedBytesMax`; everything else it lacks is a position (invariant I7).
///
/// @param ringEntriesMax recent entries kept per group for those who are a little behind. Power of two.
/// @param ringBytesMax bytes of entries and encoded frames kept per group; the newest entry is kept
///     whatever its size, until [#ringsBytesMax] asks for it
/// @param ringsBytesMax the same over all groups of the node, and with it what is kept for those who are
///     behind; beyond it the group that was quiet for longest gives up both, and its slow sessions read
///     the log instead
/// @param joinedBytesMax bytes joined in one buffer, frames included; at least one delivery always fits.
///     One write of this size already spreads the cost of the system call over 60 messages of 1 KiB.
/// @param joinedCountMax deliveries joined in one buffer. Reads for catch-up end at multiples of it, so
///     that sessions that fell behind at different places soon share their buffers.
/// @param sliceSessions sessions written to before an event loop turns to its other work. At 10 to 12 µs
///     of kernel time each, 256 hold a loop for about 3 ms.
/// @param catchUpReadsMax log reads under way for sessions that are behind, over all groups
/// @param catchUpSessionsMax sessions of one event loop that are brought up at a time, of those who lack more
///     than one buffer. 256 at a megabyte a second each fill two gigabits; the kernel holds up to
///     `owedBytesMax` of each and what it has sent.
/// @param noticesBytesMax what the log told about one group and is not yet looked at; beyond it notices
///     are dropped and the log is read instead
/// @param ephemeralsMax ephemeral messages of one group that wait on one event loop; beyond it they are
///     dropped: nobody was promised them
/// @param highWaterBytes what an outlet's socket queue may hold before it stops being writable; the
///     gateway configures its channels with it
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

    /// What a ring entry costs beside its message: the entry, its slot, hashes, a frame header.
    public static final int ENTRY_OVERHEAD_BYTES = 512;

    /// The messages of a read, in [#joinedBytesMax]: less than two, as the last may go beyond the first.
    private static final int MESSAGES_OF_A_READ = 2;

    /// What a read holds outside the heap, in [#joinedBytesMax]: its messages in frames of proto, and in frames of
    /// JSON, a third longer: 2 · (1 + 4/3), and headers.
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
                    "ringEntriesMax is a power of two, not " + ringEntriesMax);
        }
        ordered("joinedBytesMax", joinedBytesMax, "ringBytesMax", ringBytesMax);
        ordered("joinedBytesMax", joinedBytesMax, "noticesBytesMax", noticesBytesMax);
        ordered("ringBytesMax", ringBytesMax, "ringsBytesMax", ringsBytesMax);
        // A burst that was joined must not by itself shut the socket of a session that keeps up.
        ordered("2 * joinedBytesMax", 2L * joinedBytesMax, "highWaterBytes", highWaterBytes);
    }

    /// What is kept per group for those who are behind, beside the ring: a part of [#ringsBytesMax], so that
    /// one group's storm leaves room for others'. By default that is the last 25,000 entries of 1 KiB.
    public long piecesBytesMax() {
        return ringsBytesMax / 4;
    }

    /// Where buffers for those who are behind end.
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

    /// What reads may hold on the heap at worst: messages as they were read.
    public long readBytesMax() {
        return (long) MESSAGES_OF_A_READ * catchUpReadsMax * joinedBytesMax;
    }

    /// What fan-out may hold at worst outside the heap: all rings full, all reads under way answered, and this many
    /// sessions stuck, each at a place of its own. Looked at when the server starts.
    public long worstCaseBytes(int stuckSessions) {
        return ringsBytesMax
                + (long) FRAMES_OF_A_READ * catchUpReadsMax * joinedBytesMax
                + (long) stuckSessions * owedBytesMax();
    }

    /// What one stuck session may hold.
    public long owedBytesMax() {
        return (long) highWaterBytes + joinedBytesMax;
    }

    private static void atLeast(String name, int value, int min) {
        if (value < min) {
            throw new IllegalArgumentException(name + " is at least " + min + ", not " + value);
        }
    }

    private static void ordered(String smaller, long small, String larger, long large) {
        if (small > large) {
            throw new IllegalArgumentException(
                    smaller + " (" + small + ") is more than " + larger + " (" + large + ")");
        }
    }
}
