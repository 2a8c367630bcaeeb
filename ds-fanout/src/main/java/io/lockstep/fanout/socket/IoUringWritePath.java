package io.lockstep.fanout.socket;

import static java.util.Objects.requireNonNull;

import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.RawSocket;
import io.lockstep.fanout.SecureSocket;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A write path with one system call for as many sinks as the ring has entries. Sends are held
/// back until [#settle]; then the kernel performs all of them and returns how many bytes each
/// socket accepted. The sends never block, so none is in progress when the call returns. Bytes for
/// secure sockets are sealed at the write, one after the other, into a buffer of this class. Writes
/// that do not fit use [DirectWritePath], and so do all writes after the kernel has refused a ring.
final class IoUringWritePath implements WritePath {
    private static final Logger LOG = LoggerFactory.getLogger(IoUringWritePath.class);

    private final RingFactory rings;
    private final BiConsumer<DeliverySink, Throwable> failed;
    private final DirectWritePath direct = new DirectWritePath();
    private final DeferredSend[] held;
    private final TlsRecordBuffer sealed;
    private int count;

    /// The bytes of all held-back sends to plain sockets, with one reference; null when there are
    /// none.
    private @Nullable ByteBuf shared;

    /// Opened by the first write, on the thread that uses it.
    private @Nullable IoUringSender ring;

    private boolean ringless;

    /// One held-back send.
    private static final class DeferredSend {
        @Nullable DeliverySink sink;
        @Nullable RawSocket socket;
        int from;
        int length;
    }

    /// Opens rings.
    interface RingFactory {
        IoUringSender open(int slots) throws IoUringException;
    }

    /// @param slots maximum number of held-back sends; a power of two
    /// @param failed called with each sink that threw
    IoUringWritePath(
            int slots,
            ByteBufAllocator allocator,
            RingFactory rings,
            BiConsumer<DeliverySink, Throwable> failed) {
        this.rings = rings;
        this.failed = failed;
        sealed = new TlsRecordBuffer(allocator);
        held = new DeferredSend[slots];
        for (int i = 0; i < slots; i++) {
            held[i] = new DeferredSend();
        }
    }

    @Override
    public void write(DeliverySink sink, ByteBuf frames, int length) {
        var socket = frames.hasMemoryAddress() ? sink.socket() : null;
        if (socket == null) {
            direct.write(sink, frames, length);
            return;
        }
        if (isFull(socket, frames, length)) {
            settle();
        }
        var open = open();
        if (open == null) {
            direct.write(sink, frames, length);
        } else if (socket instanceof SecureSocket secure) {
            writeSealed(open, sink, secure, frames, length);
        } else {
            writePlain(open, sink, socket, frames, length);
        }
    }

    private boolean isFull(RawSocket socket, ByteBuf frames, int length) {
        return count == held.length
                || (socket instanceof SecureSocket
                        ? !sealed.hasRoomFor(length)
                        : shared != null && isOther(shared, frames));
    }

    private void writePlain(
            IoUringSender open, DeliverySink sink, RawSocket socket, ByteBuf frames, int length) {
        if (shared == null) {
            shared = frames.retain();
        }
        hold(open, sink, socket, frames.memoryAddress(), frames.readerIndex(), length);
    }

    private static boolean isOther(ByteBuf one, ByteBuf other) {
        return one.memoryAddress() != other.memoryAddress();
    }

    private void writeSealed(
            IoUringSender open,
            DeliverySink sink,
            SecureSocket socket,
            ByteBuf frames,
            int length) {
        int from = sealed.end();
        if (sealed.hasRoomFor(length) && sealed.seal(socket, frames, length)) {
            hold(open, sink, socket, sealed.memoryAddress(), from, sealed.end() - from);
        } else {
            direct.write(sink, frames, length);
        }
    }

    private void hold(
            IoUringSender open,
            DeliverySink sink,
            RawSocket socket,
            long memoryAddress,
            int from,
            int length) {
        open.prepare(count, socket.descriptor().intValue(), memoryAddress + from, length);
        var send = held[count];
        send.sink = sink;
        send.socket = socket;
        send.from = from;
        send.length = length;
        count++;
    }

    private @Nullable IoUringSender open() {
        if (ring == null && !ringless) {
            try {
                ring = rings.open(held.length);
            } catch (IoUringException e) {
                abandon(e);
            }
        }
        return ring;
    }

    private void abandon(IoUringException why) {
        LOG.warn("io_uring failed; broadcasts use direct writes: {}", why.getMessage());
        close();
    }

    @Override
    public void settle() {
        var open = ring;
        if (count == 0 || open == null) {
            return;
        }
        int done = count;
        count = 0;
        try {
            open.submit(done);
            finish(done, open);
        } catch (IoUringException e) {
            finish(done, open); // its results include the sends before the failure
            abandon(e);
        }
    }

    private void finish(int done, IoUringSender open) {
        var bytes = shared;
        shared = null;
        for (int i = 0; i < done; i++) {
            finish(held[i], open.sent(i), bytes);
        }
        sealed.clear();
        if (bytes != null) {
            bytes.release();
        }
    }

    /// Bytes that the socket did not accept, for any reason, go through the sink, which waits for
    /// the socket or ends the connection.
    private void finish(DeferredSend send, int taken, @Nullable ByteBuf bytes) {
        var sink = requireNonNull(send.sink);
        var socket = requireNonNull(send.socket);
        send.sink = null;
        send.socket = null;
        if (taken == send.length) {
            return;
        }
        int from = send.from + taken;
        int length = send.length - taken;
        try {
            socket.writeRest(
                    socket instanceof SecureSocket
                            ? sealed.copy(from, length)
                            : requireNonNull(bytes).retainedSlice(from, length));
        } catch (Throwable e) {
            failed.accept(sink, e);
        }
    }

    @Override
    public void close() {
        ringless = true;
        sealed.close();
        var open = ring;
        ring = null;
        if (open != null) {
            open.close();
        }
    }
}
