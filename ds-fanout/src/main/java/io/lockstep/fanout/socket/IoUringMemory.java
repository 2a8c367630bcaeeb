package io.lockstep.fanout.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// An io_uring and the memory that it shares with the kernel (`io_uring_setup(2)`). The owner
/// closes it.
///
/// @param descriptor the ring's descriptor
/// @param rings heads, tails and completions
/// @param entries submission queue entries
/// @param offsets offsets of the fields in `rings`
record IoUringMemory(int descriptor, MemorySegment rings, MemorySegment entries, Offsets offsets) {
    static final long ENTRY_BYTES = 64;
    static final long COMPLETION_BYTES = 16;

    /// `struct io_uring_params`: its size, and offsets of the fields read here.
    private static final long PARAMETERS_BYTES = 120;

    private static final long COMPLETION_COUNT = 4;
    private static final long SETUP_FLAGS = 8;
    private static final long FEATURES = 20;
    private static final long SUBMISSION = 40;
    private static final long COMPLETION = 80;

    /// One thread submits, and it gets completions when it asks for them. This is cheaper, and
    /// supported since Linux 6.1.
    private static final int SINGLE_ISSUER_AND_DEFERRED = 1 << 12 | 1 << 13;

    private static final int ONE_MAPPING = 1; // IORING_FEAT_SINGLE_MMAP, since Linux 5.4
    private static final long RINGS_AT = 0;
    private static final long ENTRIES_AT = 0x1000_0000;

    /// In bytes from the start of `rings`.
    record Offsets(
            long submissionTail,
            long submissionArray,
            long completionHead,
            long completionTail,
            long completions,
            int completionMask) {}

    /// @param slots number of entries; a power of two
    /// @throws IoUringException when the kernel provides no ring, or is too old
    static IoUringMemory map(Libc libc, int slots) throws IoUringException {
        try (var arena = Arena.ofConfined()) {
            var parameters = arena.allocate(PARAMETERS_BYTES, Long.BYTES);
            parameters.set(JAVA_INT, SETUP_FLAGS, SINGLE_ISSUER_AND_DEFERRED);
            int ring = libc.ioUringSetup(slots, parameters);
            if (ring < 0) {
                parameters.fill((byte) 0);
                ring = libc.ioUringSetup(slots, parameters);
            }
            if (ring < 0) {
                throw new IoUringException(
                        "the kernel provides no io_uring, errno " + libc.errno());
            }
            try {
                return map(libc, ring, slots, parameters);
            } catch (IoUringException e) {
                libc.close(ring);
                throw e;
            }
        }
    }

    private static IoUringMemory map(Libc libc, int ring, int slots, MemorySegment parameters)
            throws IoUringException {
        if ((parameters.get(JAVA_INT, FEATURES) & ONE_MAPPING) == 0) {
            throw new IoUringException("the kernel's io_uring is too old");
        }
        long array = field(parameters, SUBMISSION, 6);
        long completions = field(parameters, COMPLETION, 5);
        int completionCount = parameters.get(JAVA_INT, COMPLETION_COUNT);
        long bytes =
                Math.max(
                        array + (long) slots * Integer.BYTES,
                        completions + completionCount * COMPLETION_BYTES);
        var rings = libc.map(ring, RINGS_AT, bytes);
        try {
            var entries = libc.map(ring, ENTRIES_AT, slots * ENTRY_BYTES);
            return new IoUringMemory(
                    ring,
                    rings,
                    entries,
                    new Offsets(
                            field(parameters, SUBMISSION, 1),
                            array,
                            field(parameters, COMPLETION, 0),
                            field(parameters, COMPLETION, 1),
                            completions,
                            completionCount - 1));
        } catch (IoUringException e) {
            libc.unmap(rings);
            throw e;
        }
    }

    /// The n-th field of one of the two structs of offsets.
    private static long field(MemorySegment parameters, long struct, int n) {
        return Integer.toUnsignedLong(parameters.get(JAVA_INT, struct + (long) n * Integer.BYTES));
    }

    void close(Libc libc) {
        libc.unmap(entries);
        libc.unmap(rings);
        libc.close(descriptor);
    }
}
