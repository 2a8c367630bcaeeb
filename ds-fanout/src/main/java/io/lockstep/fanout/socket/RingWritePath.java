package io.lockstep.fanout.socket;

import io.lockstep.fanout.Outlet;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.buffer.ByteBuf;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One system call for as many outlets as the ring has places: sends of the same bytes are held back until
/// [#settle], when the kernel does them all and tells how many bytes each socket took. The sends never
/// wait, so nothing is under way any more when it returns. What does not fit this goes by
/// [DirectWritePath], and so does everything once the kernel gives no ring.
final class RingWritePath implements WritePath {
    private static final Logger LOG = LoggerFactory.getLogger(RingWritePath.class);

    private final DirectWritePath direct = new DirectWritePath();
    private final @Nullable Outlet[] outlets;
    private final int[] lengths;
    private int held;

    /// The bytes of all that is held, with a reference; null when nothing is.
    private @Nullable ByteBuf frames;

    /// Where they begin.
    private long address;

    /// Opened by the first write, on the thread that will use it.
    private @Nullable SendRing ring;

    private boolean ringless;

    /// @param places sends held at most
    RingWritePath(int places) {
        outlets = new Outlet[places];
        lengths = new int[places];
    }

    @Override
    public void write(Outlet outlet, ByteBuf next, int length) {
        var socket = canHold(next) ? outlet.socket() : null;
        var open = socket == null ? null : open();
        if (socket == null || open == null) {
            direct.write(outlet, next, length);
            return;
        }
        if (frames == null) {
            frames = next.retain();
            address = next.memoryAddress() + next.readerIndex();
        }
        open.prepare(held, socket.intValue(), address, length);
        outlets[held] = outlet;
        lengths[held] = length;
        held++;
    }

    private boolean canHold(ByteBuf next) {
        return next.hasMemoryAddress()
                && held < outlets.length
                && (frames == null || next.memoryAddress() + next.readerIndex() == address);
    }

    private @Nullable SendRing open() {
        if (ring == null && !ringless) {
            try {
                ring = SendRing.open(outlets.length);
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
    public void settle(BiConsumer<Outlet, RuntimeException> failed) {
        var sent = frames;
        var open = ring;
        if (sent == null || open == null) {
            return;
        }
        int count = held;
        try {
            open.submit(count);
        } catch (RingException e) {
            giveUp(e); // what it did before it failed stands in the results
        }
        held = 0;
        frames = null;
        for (int i = 0; i < count; i++) {
            finish(i, open.sent(i), sent, failed);
        }
        sent.release();
    }

    /// What the socket did not take, for whatever reason, goes the outlet's own way, which waits for it or
    /// ends the connection.
    private void finish(
            int i, int taken, ByteBuf sent, BiConsumer<Outlet, RuntimeException> failed) {
        var outlet = outlets[i];
        outlets[i] = null;
        if (outlet != null && taken < lengths[i]) {
            try {
                OutletWritePath.writeRest(outlet, sent, taken, lengths[i]);
            } catch (RuntimeException e) {
                failed.accept(outlet, e);
            }
        }
    }

    @Override
    public void close() {
        ringless = true;
        var open = ring;
        ring = null;
        if (open != null) {
            open.close();
        }
    }
}
