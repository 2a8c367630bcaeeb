package io.lockstep.fanout.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// An io_uring of the Linux kernel (`io_uring(7)`) that only sends: a batch is prepared in memory shared with
/// the kernel, then done by one system call.
///
/// Each send is `MSG_DONTWAIT`: it is done, in part or not at all, while it is submitted, and the kernel keeps
/// neither address nor descriptor. Confined to one thread, the one that opens it.
final class SendRing implements AutoCloseable {
    private static final byte OP_SEND = 26;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;

    /// Places of the fields of `struct io_uring_sqe` that a send has; all others stay 0.
    private static final long OPCODE = 0;

    private static final long DESCRIPTOR = 4;
    private static final long ADDRESS = 16;
    private static final long LENGTH = 24;
    private static final long MESSAGE_FLAGS = 28;
    private static final long USER_DATA = 32;

    /// The same of `struct io_uring_cqe`, whose first is the user data.
    private static final long RESULT = 8;

    private static final VarHandle INT = JAVA_INT.varHandle();

    private final Libc libc;
    private final RingMemory memory;
    private final RingMemory.Offsets at;
    private final MemorySegment rings;
    private final MemorySegment entries;
    private final int[] results;
    private int submitted;
    private int reaped;

    private SendRing(Libc libc, RingMemory memory, int places) {
        this.libc = libc;
        this.memory = memory;
        at = memory.offsets();
        rings = memory.rings();
        entries = memory.entries();
        results = new int[places];
        for (int place = 0; place < places; place++) {
            rings.set(JAVA_INT, at.submissionArray() + (long) place * Integer.BYTES, place);
        }
    }

    /// @param places sends in one batch at most; a power of two
    /// @throws RingException when there is none to be had
    static SendRing open(int places) throws RingException {
        var libc = new Libc();
        return over(libc, RingMemory.map(libc, places), places);
    }

    /// @param memory of as many places; closed with this
    static SendRing over(Libc libc, RingMemory memory, int places) throws RingException {
        var ring = new SendRing(libc, memory, places);
        try {
            ring.tryOut();
            return ring;
        } catch (RingException e) {
            ring.close();
            throw e;
        }
    }

    /// A send to a descriptor that cannot be: a kernel that knows sends finds just that.
    private void tryOut() throws RingException {
        prepare(0, -1, 0, 0);
        submit(1);
        if (results[0] != -Libc.EBADF) {
            throw new RingException("io_uring does not send here, result " + results[0]);
        }
    }

    /// @param place 0, 1, 2 … since the last [#submit]
    /// @param address of bytes that stay there until the next one
    void prepare(int place, int descriptor, long address, int length) {
        long entry = ((submitted + place) & (results.length - 1)) * RingMemory.ENTRY_BYTES;
        entries.set(JAVA_BYTE, entry + OPCODE, OP_SEND);
        entries.set(JAVA_INT, entry + DESCRIPTOR, descriptor);
        entries.set(JAVA_LONG, entry + ADDRESS, address);
        entries.set(JAVA_INT, entry + LENGTH, length);
        entries.set(JAVA_INT, entry + MESSAGE_FLAGS, MSG_DONTWAIT | MSG_NOSIGNAL);
        entries.set(JAVA_LONG, entry + USER_DATA, place);
    }

    /// Does what was prepared. What [#sent] tells holds afterwards, also when this failed half way.
    ///
    /// @throws RingException when the kernel takes no more; the ring is of no use then
    void submit(int count) throws RingException {
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
                throw new RingException("io_uring takes no more, errno " + libc.errno());
            }
        }
    }

    private void reap() {
        int tail = (int) INT.getAcquire(rings, at.completionTail());
        while (reaped != tail) {
            long completion =
                    at.completions() + (reaped & at.completionMask()) * RingMemory.COMPLETION_BYTES;
            int place = (int) rings.get(JAVA_LONG, completion);
            results[place] = rings.get(JAVA_INT, completion + RESULT);
            reaped++;
        }
        INT.setRelease(rings, at.completionHead(), reaped);
    }

    /// How many bytes of a place of the last batch the socket took; 0 also when it failed.
    int sent(int place) {
        return Math.max(0, results[place]);
    }

    @Override
    public void close() {
        memory.close(libc);
    }
}
