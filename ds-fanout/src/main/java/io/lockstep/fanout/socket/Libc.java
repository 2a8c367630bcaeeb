package io.lockstep.fanout.socket;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// The calls of the C library that a [IoUringSender] needs. Confined to one thread, whose last
/// `errno` it keeps.
@SuppressWarnings("restricted") // calls the C library
final class Libc {
    static final int EINTR = 4;
    static final int EBADF = 9;

    /// System calls, by the numbers that they have on every architecture.
    private static final long IO_URING_SETUP = 425;

    private static final long IO_URING_ENTER = 426;
    private static final long ENTER_GET_EVENTS = 1;

    private static final int READ_AND_WRITE = 0x3; // PROT_READ | PROT_WRITE
    private static final int SHARED_AND_POPULATED = 0x8001; // MAP_SHARED | MAP_POPULATE
    private static final long MAP_FAILED = -1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final Linker.Option KEEP_ERRNO = Linker.Option.captureCallState("errno");
    private static final VarHandle ERRNO =
            CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /// `long syscall(long number, ...)`, here with six arguments.
    private static final MethodHandle SYSCALL =
            LINKER.downcallHandle(
                    symbol("syscall"),
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                            JAVA_LONG, JAVA_LONG),
                    KEEP_ERRNO,
                    Linker.Option.firstVariadicArg(1));

    /// `void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)`.
    private static final MethodHandle MMAP =
            LINKER.downcallHandle(
                    symbol("mmap"),
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                            JAVA_LONG),
                    KEEP_ERRNO);

    private static final MethodHandle MUNMAP =
            LINKER.downcallHandle(
                    symbol("munmap"), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

    private static final MethodHandle CLOSE =
            LINKER.downcallHandle(symbol("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private final MemorySegment callState = Arena.ofAuto().allocate(CALL_STATE);

    private static MemorySegment symbol(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    /// @param parameters `struct io_uring_params`; the kernel writes its answer into it
    /// @return the ring's descriptor, or -1
    int ioUringSetup(int entries, MemorySegment parameters) {
        return (int) syscall(IO_URING_SETUP, entries, parameters.address(), 0, 0);
    }

    /// Submits this many entries and waits for this many completions.
    ///
    /// @return how many were submitted, or -1
    int ioUringEnter(int ring, int toSubmit, int toAwait) {
        return (int) syscall(IO_URING_ENTER, ring, toSubmit, toAwait, ENTER_GET_EVENTS);
    }

    private long syscall(long number, long a, long b, long c, long d) {
        try {
            return (long) SYSCALL.invokeExact(callState, number, a, b, c, d, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Maps memory shared with the kernel. The caller calls [#unmap].
    ///
    /// @throws IoUringException when the mapping fails
    MemorySegment map(int descriptor, long offset, long bytes) throws IoUringException {
        long address;
        try {
            address =
                    (long)
                            MMAP.invokeExact(
                                    callState,
                                    0L,
                                    bytes,
                                    READ_AND_WRITE,
                                    SHARED_AND_POPULATED,
                                    descriptor,
                                    offset);
        } catch (Throwable e) {
            throw unexpected(e);
        }
        if (address == MAP_FAILED) {
            throw new IoUringException("cannot map its memory, errno " + errno());
        }
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    void unmap(MemorySegment mapped) {
        try {
            int _ = (int) MUNMAP.invokeExact(mapped, mapped.byteSize());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void close(int descriptor) {
        try {
            int _ = (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// The error number of the call that last returned -1.
    int errno() {
        return (int) ERRNO.get(callState, 0L);
    }

    /// The method handles throw no exceptions of their own.
    private static AssertionError unexpected(Throwable e) {
        return new AssertionError(e);
    }
}
