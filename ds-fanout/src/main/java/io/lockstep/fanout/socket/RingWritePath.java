package io.lockstep.fanout.socket;

import static java.util.Objects.requireNonNull;

import io.lockstep.fanout.Outlet;
import io.lockstep.fanout.RawSocket;
import io.lockstep.fanout.SecureSocket;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One system call for as many outlets as the ring has places: sends are held back until [#settle], when the
/// kernel does them all and tells how many bytes each socket took. The sends never wait, so nothing is under
/// way any more when it returns. What goes to secure sockets is sealed when it is written, one after the
/// other in a buffer of this. What does not fit all this goes by [DirectWritePath], and so does everything
/// once the kernel gives no ring.
final class RingWritePath implements WritePath {
    private static final Logger LOG = LoggerFactory.getLogger(RingWritePath.class);

    private final Rings rings;
    private final BiConsumer<Outlet, Throwable> failed;
    private final DirectWritePath direct = new DirectWritePath();
    private final Held[] held;
    private final SealedBytes sealed;
    private int count;

    /// The bytes of all that is held for plain sockets, with a reference; null when nothing is.
    private @Nullable ByteBuf shared;

    /// Opened by the first write, on the thread that will use it.
    private @Nullable SendRing ring;

    private boolean ringless;

    /// One send that is held back.
    private static final class Held {
        @Nullable Outlet outlet;
        @Nullable RawSocket socket;
        int from;
        int length;
    }

    /// Where rings come from.
    interface Rings {
        SendRing open(int places) throws RingException;
    }

    /// @param places sends held at most; a power of two
    /// @param failed told of each outlet that threw
    RingWritePath(
            int places,
            ByteBufAllocator allocator,
            Rings rings,
            BiConsumer<Outlet, Throwable> failed) {
        this.rings = rings;
        this.failed = failed;
        sealed = new SealedBytes(allocator);
        held = new Held[places];
        for (int i = 0; i < places; i++) {
            held[i] = new Held();
        }
    }

    @Override
    public void write(Outlet outlet, ByteBuf frames, int length) {
        var socket = frames.hasMemoryAddress() ? outlet.socket() : null;
        if (socket == null) {
            direct.write(outlet, frames, length);
            return;
        }
        if (isFull(socket, frames, length)) {
            settle();
        }
        var open = open();
        if (open == null) {
            direct.write(outlet, frames, length);
        } else if (socket instanceof SecureSocket secure) {
            writeSealed(open, outlet, secure, frames, length);
        } else {
            writePlain(open, outlet, socket, frames, length);
        }
    }

    private boolean isFull(RawSocket socket, ByteBuf frames, int length) {
        return count == held.length
                || (socket instanceof SecureSocket
                        ? !sealed.hasRoomFor(length)
                        : shared != null && isOther(shared, frames));
    }

    private void writePlain(
            SendRing open, Outlet outlet, RawSocket socket, ByteBuf frames, int length) {
        if (shared == null) {
            shared = frames.retain();
        }
        hold(open, outlet, socket, frames.memoryAddress(), frames.readerIndex(), length);
    }

    private static boolean isOther(ByteBuf one, ByteBuf other) {
        return one.memoryAddress() != other.memoryAddress();
    }

    private void writeSealed(
            SendRing open, Outlet outlet, SecureSocket socket, ByteBuf frames, int length) {
        int from = sealed.end();
        if (sealed.hasRoomFor(length) && sealed.seal(socket, frames, length)) {
            hold(open, outlet, socket, sealed.memoryAddress(), from, sealed.end() - from);
        } else {
            direct.write(outlet, frames, length);
        }
    }

    private void hold(
            SendRing open,
            Outlet outlet,
            RawSocket socket,
            long memoryAddress,
            int from,
            int length) {
        open.prepare(count, socket.descriptor().intValue(), memoryAddress + from, length);
        var send = held[count];
        send.outlet = outlet;
        send.socket = socket;
        send.from = from;
        send.length = length;
        count++;
    }

    private @Nullable SendRing open() {
        if (ring == null && !ringless) {
            try {
                ring = rings.open(held.length);
            } catch (RingException e) {
                giveUp(e);
            }
        }
        return ring;
    }

    private void giveUp(RingException why) {
        LOG.warn("broadcasts go straight to each socket from now on: {}", why.getMessage());
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
        } catch (RingException e) {
            finish(done, open); // what it did before it failed stands in its results
            giveUp(e);
        }
    }

    private void finish(int done, SendRing open) {
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

    /// What the socket did not take, for whatever reason, goes the outlet's own way, which waits for it or
    /// ends the connection.
    private void finish(Held send, int taken, @Nullable ByteBuf bytes) {
        var outlet = requireNonNull(send.outlet);
        var socket = requireNonNull(send.socket);
        send.outlet = null;
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
            failed.accept(outlet, e);
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
