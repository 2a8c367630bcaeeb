package io.lockstep.gateway.session;

import io.lockstep.gateway.connection.EventLoopTasks;
import io.lockstep.wire.proto.ClientFrame;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Processes the frames of one session in order, with a limit per pass of the event loop: a message
/// holds up to 1,024 frames, one socket read up to 64 KiB of messages, and the other connections of
/// the event loop wait meanwhile. While frames wait, the socket is not read and the decoder decodes
/// nothing. Confined to the event loop.
///
/// ```
/// frames in a slice ≤ FRAMES_MAX        bytes before the last frame of a slice < BYTES_MAX
/// waiting frames ≤ those of one message        waiting bytes are counted
/// ```
final class FrameTurns {
    /// The default of submissions in flight: they still go to ordering together.
    static final int FRAMES_MAX = 64;

    /// The cost of a frame grows with its bytes.
    static final int BYTES_MAX = 256 << 10;

    /// Cost of a frame in addition to its bytes.
    private static final int OBJECT_BYTES = 64;

    private final Channel channel;
    private final ReadPauses reading;
    private final IntConsumer held;
    private final Consumer<ClientFrame> take;
    private final Runnable sliceEnds;
    private final Consumer<Runnable> later;

    /// Null while no frame waits.
    private @Nullable Queue<ClientFrame> waiting;

    private int bytesWaiting;

    /// Frames in this slice.
    private int taken;

    private int bytesTaken;

    /// Whether a later slice is scheduled.
    private boolean scheduled;

    /// Whether no frame is processed until [#resume].
    private boolean stopped;

    private boolean ended;

    /// @param held called with the bytes of the waiting frames
    /// @param take called for each frame
    /// @param sliceEnds called at the end of each slice, except slices within a socket read
    /// @param later runs a task on the event loop after it has served its sockets
    FrameTurns(
            Channel channel,
            ReadPauses reading,
            IntConsumer held,
            Consumer<ClientFrame> take,
            Runnable sliceEnds,
            Consumer<Runnable> later) {
        this.channel = channel;
        this.reading = reading;
        this.held = held;
        this.take = take;
        this.sliceEnds = sliceEnds;
        this.later = later;
    }

    /// Whether frames, or bytes before them, wait: the decoder then keeps what it has.
    boolean isWaiting() {
        return scheduled || stopped;
    }

    /// Processes the frames of one message.
    void take(List<ClientFrame> frames) {
        for (var frame : frames) {
            if (ended) {
                return;
            }
            if (!isWaiting() && isWithinSlice()) {
                takeNow(frame);
            } else {
                keep(frame);
            }
        }
        account();
        scheduleUnlessStopped();
    }

    private boolean isWithinSlice() {
        return taken < FRAMES_MAX && bytesTaken < BYTES_MAX;
    }

    private void takeNow(ClientFrame frame) {
        taken++;
        bytesTaken += frame.getSerializedSize();
        assert taken <= FRAMES_MAX && bytesTaken - frame.getSerializedSize() < BYTES_MAX;
        take.accept(frame);
    }

    private void keep(ClientFrame frame) {
        var queue = waiting;
        if (queue == null) {
            queue = new ArrayDeque<>();
            waiting = queue;
        }
        queue.add(frame);
        bytesWaiting += bytes(frame);
    }

    private static int bytes(ClientFrame frame) {
        return OBJECT_BYTES + 2 * frame.getSerializedSize();
    }

    private void account() {
        held.accept(bytesWaiting);
    }

    /// Everything that the socket held was read.
    void readEnds() {
        if (!isWaiting()) {
            begin();
        }
    }

    private void begin() {
        taken = 0;
        bytesTaken = 0;
    }

    /// Processes no frame until [#resume]: frames and the decoder's bytes wait.
    void stop() {
        stopped = true;
        reading.pause(ReadPauses.PauseReason.FRAMES_WAIT);
    }

    /// Processes what has waited since [#stop].
    void resume() {
        stopped = false;
        if (!scheduled) {
            turn();
        }
    }

    /// The session ends: drops the waiting frames. The decoder continues up to the client's close
    /// frame.
    void end() {
        ended = true;
        waiting = null;
        bytesWaiting = 0;
        stopped = false;
        scheduled = false;
        EventLoopTasks.run(channel.eventLoop(), this::decodeHeld);
    }

    private void scheduleUnlessStopped() {
        if (ended || isWaiting() || (waiting == null && isWithinSlice())) {
            return;
        }
        scheduled = true;
        reading.pause(ReadPauses.PauseReason.FRAMES_WAIT);
        later.accept(this::turn);
    }

    private void turn() {
        if (ended) {
            return;
        }
        try {
            scheduled = false;
            begin();
            takeWaiting();
            if (!ended && waiting == null && !stopped) {
                decodeHeld();
            }
            scheduleUnlessStopped();
            sliceEnds.run();
            if (!isWaiting() && !ended) {
                begin();
                reading.resume(ReadPauses.PauseReason.FRAMES_WAIT);
            }
        } catch (Throwable e) {
            // The same path as an exception during a socket read.
            channel.pipeline().fireExceptionCaught(e);
        }
    }

    private void takeWaiting() {
        while (waiting != null && !stopped && isWithinSlice()) {
            var queue = waiting;
            var frame = queue.remove();
            bytesWaiting -= bytes(frame);
            if (queue.isEmpty()) {
                waiting = null;
            }
            takeNow(frame);
        }
        account();
    }

    private void decodeHeld() {
        var decoder = channel.pipeline().context(MeteredWebSocketDecoder.class);
        if (decoder != null) {
            ((MeteredWebSocketDecoder) decoder.handler()).decodeHeld(decoder);
        }
    }
}
