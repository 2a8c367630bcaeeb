package io.lockstep.fanout.socket;

import io.lockstep.fanout.SecureSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A buffer for TLS records of many sockets, one after the other, until they are sent. Allocates
/// its memory at first use.
final class TlsRecordBuffer {
    /// 256 sessions with 3 KiB each. More sessions, or longer records, are sent in several rounds.
    static final int CAPACITY = 1 << 20;

    private final ByteBufAllocator allocator;
    private @Nullable ByteBuf records;

    /// The frames sealed last, as a JDK buffer: one for all sockets that get the same frames.
    private @Nullable ByteBuffer plain;

    private long plainAddress;

    TlsRecordBuffer(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    boolean hasRoomFor(int length) {
        return length + SecureSocket.SEAL_OVERHEAD_BYTES <= CAPACITY - end();
    }

    /// The offset at which the next record begins.
    int end() {
        return records == null ? 0 : records.writerIndex();
    }

    /// @return false when nothing was sealed
    boolean seal(SecureSocket socket, ByteBuf frames, int length) {
        if (records == null) {
            records = allocator.directBuffer(CAPACITY, CAPACITY);
        }
        var into = records.internalNioBuffer(end(), CAPACITY - end());
        int before = into.position();
        if (!socket.seal(plain(frames, length), into)) {
            plain = null;
            return false;
        }
        records.writerIndex(end() + into.position() - before);
        return true;
    }

    private ByteBuffer plain(ByteBuf frames, int length) {
        long address = frames.memoryAddress() + frames.readerIndex();
        if (plain == null || plainAddress != address || plain.capacity() < length) {
            plain = frames.nioBuffer(frames.readerIndex(), frames.readableBytes());
            plainAddress = address;
        }
        return plain.clear().limit(length);
    }

    long memoryAddress() {
        return records == null ? 0 : records.memoryAddress();
    }

    /// @return released by the caller
    ByteBuf copy(int from, int length) {
        return records == null
                ? allocator.directBuffer(0, 0)
                : allocator.directBuffer(length, length).writeBytes(records, from, length);
    }

    /// Resets the buffer after everything was sent.
    void clear() {
        plain = null;
        if (records != null) {
            records.clear();
        }
    }

    void close() {
        plain = null;
        if (records != null) {
            records.release();
            records = null;
        }
    }
}
