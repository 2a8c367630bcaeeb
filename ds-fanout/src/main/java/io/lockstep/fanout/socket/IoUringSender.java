package io.lockstep.fanout.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// An io_uring of the Linux kernel (`io_uring(7)`) that only sends. A batch is prepared in memory
/// shared with the kernel, then one system call performs it.
///
/// Each send is `MSG_DONTWAIT`: it completes, fully, in part or not at all, during its submission,
/// and the kernel keeps neither address nor descriptor. Confined to the thread that opens it.
final class IoUringSender implements AutoCloseable {
    private static final byte OP_SEND = 26;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;

    /// Offsets of the fields of `struct io_uring_sqe` that a send uses; all others stay 0.
    private static final long OPCODE = 0;

    private static final long DESCRIPTOR = 4;
    private static final long ADDRESS = 16;
    private static final long LENGTH = 24;
    private static final long MESSAGE_FLAGS = 28;
    private static final long USER_DATA = 32;

    /// Offsets of the fields of `struct io_uring_cqe`; its first field is the user data.
    private static final long RESULT = 8;

    private static final VarHandle INT = JAVA_INT.varHandle();

    private final Libc libc;
    private final IoUringMemory memory;
    private final IoUringMemory.Offsets at;
    private final MemorySegment rings;
    private final MemorySegment entries;
    private final int[] results;
    private int submitted;
    private int reaped;

    private IoUringSender(Libc libc, IoUringMemory memory, int slots) {
        this.libc = libc;
        this.memory = memory;
        at = memory.offsets();
        rings = memory.rings();
        entries = memory.entries();
        results = new int[slots];
        for (int slot = 0; slot < slots; slot++) {
            rings.set(JAVA_INT, at.submissionArray() + (long) slot * Integer.BYTES, slot);
        }
    }

    /// @param slots maximum number of sends in one batch; a power of two
    /// @throws IoUringException when no ring is available
    static IoUringSender open(int slots) throws IoUringException {
        var libc = new Libc();
        return over(libc, IoUringMemory.map(libc, slots), slots);
    }

    /// @param memory has this many entries; closed with this ring
    static IoUringSender over(Libc libc, IoUringMemory memory, int slots) throws IoUringException {
        var ring = new IoUringSender(libc, memory, slots);
        try {
            ring.probe();
            return ring;
        } catch (IoUringException e) {
            ring.close();
            throw e;
        }
    }

    /// Sends to an invalid descriptor. A kernel that supports sends reports exactly that error.
    private void probe() throws IoUringException {
        prepare(0, -1, 0, 0);
        submit(1);
        if (results[0] != -Libc.EBADF) {
            throw new IoUringException("io_uring does not send here, result " + results[0]);
        }
    }

    /// @param slot 0, 1, 2 … since the last [#submit]
    /// @param address of bytes that stay there until the next submit
    void prepare(int slot, int descriptor, long address, int length) {
        long entry = ((submitted + slot) & (results.length - 1)) * IoUringMemory.ENTRY_BYTES;
        entries.set(JAVA_BYTE, entry + OPCODE, OP_SEND);
        entries.set(JAVA_INT, entry + DESCRIPTOR, descriptor);
        entries.set(JAVA_LONG, entry + ADDRESS, address);
        entries.set(JAVA_INT, entry + LENGTH, length);
        entries.set(JAVA_INT, entry + MESSAGE_FLAGS, MSG_DONTWAIT | MSG_NOSIGNAL);
        entries.set(JAVA_LONG, entry + USER_DATA, slot);
    }

    /// Performs the prepared sends. The results of [#sent] are valid afterwards, also when this
    /// method failed half way.
    ///
    /// @throws IoUringException when the kernel accepts no more submissions; the ring is then
    ///     unusable
    void submit(int count) throws IoUringException {
        Arrays.fill(results, 0, count, 0);
        int end = submitted + count;
        int allReaped = reaped + count;
        INT.setRelease(rings, at.submissionTail(), end);
        while (reaped != allReaped) {
            int taken = libc.ioUringEnter(memory.descriptor(), end - submitted, allReaped - reaped);
            if (taken >= 0) {
                submitted += taken;
            }
            reap();
            if (taken < 0 && libc.errno() != Libc.EINTR) {
                throw new IoUringException("io_uring takes no more, errno " + libc.errno());
            }
        }
    }

    private void reap() {
        int tail = (int) INT.getAcquire(rings, at.completionTail());
        while (reaped != tail) {
            long completion =
                    at.completions()
                            + (reaped & at.completionMask()) * IoUringMemory.COMPLETION_BYTES;
            int slot = (int) rings.get(JAVA_LONG, completion);
            results[slot] = rings.get(JAVA_INT, completion + RESULT);
            reaped++;
        }
        INT.setRelease(rings, at.completionHead(), reaped);
    }

    /// The number of bytes of an entry of the last batch that the socket accepted; 0 also when the
    /// send failed.
    int sent(int slot) {
        return Math.max(0, results[slot]);
    }

    @Override
    public void close() {
        memory.close(libc);
    }
}
