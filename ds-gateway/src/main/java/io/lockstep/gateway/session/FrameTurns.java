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

/// Takes the frames of one session in order, a bounded number in each turn of its event loop: a message holds up to
/// 1,024 frames, one read of the socket up to 64 KiB of messages, and the other connections of the loop wait
/// meanwhile. While frames wait, the socket is not read and the decoder decodes nothing. Confined to the event
/// loop.
///
/// ```
/// frames in a turn ≤ FRAMES_MAX        bytes before the last frame of a turn < BYTES_MAX
/// frames that wait ≤ those of one message        bytes that wait are counted
/// ```
final class FrameTurns {
    /// As many as may be in flight by default: they still go to ordering together.
    static final int FRAMES_MAX = 64;

    /// What a frame costs goes by its bytes.
    static final int BYTES_MAX = 256 << 10;

    /// What a frame takes in addition to its bytes.
    private static final int OBJECT_BYTES = 64;

    private final Channel channel;
    private final ReadPauses reading;
    private final IntConsumer held;
    private final Consumer<ClientFrame> take;
    private final Runnable turnEnds;
    private final Consumer<Runnable> later;

    /// Null while none waits.
    private @Nullable Queue<ClientFrame> waiting;

    private int bytesWaiting;

    /// Frames in this turn.
    private int taken;

    private int bytesTaken;

    /// Whether a later turn is scheduled.
    private boolean scheduled;

    /// Whether no frame is taken until [#resume].
    private boolean stopped;

    private boolean ended;

    /// @param held told how much the frames take that wait, in bytes
    /// @param take called for each frame
    /// @param turnEnds called at the end of each turn but those in which the socket is read
    /// @param later runs a task on the event loop after its sockets had their turn
    FrameTurns(
            Channel channel,
            ReadPauses reading,
            IntConsumer held,
            Consumer<ClientFrame> take,
            Runnable turnEnds,
            Consumer<Runnable> later) {
        this.channel = channel;
        this.reading = reading;
        this.held = held;
        this.take = take;
        this.turnEnds = turnEnds;
        this.later = later;
    }

    /// Whether frames or bytes before them wait: the decoder keeps what it has.
    boolean isWaiting() {
        return scheduled || stopped;
    }

    /// The frames of one message.
    void take(List<ClientFrame> frames) {
        for (var frame : frames) {
            if (ended) {
                return;
            }
            if (!isWaiting() && hasTurn()) {
                takeNow(frame);
            } else {
                keep(frame);
            }
        }
        account();
        scheduleUnlessStopped();
    }

    private boolean hasTurn() {
        return taken < FRAMES_MAX && bytesTaken < BYTES_MAX;
    }

    private void takeNow(ClientFrame frame) {
        taken++;
        bytesTaken += frame.getSerializedSize();
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

    /// All was read that the socket held.
    void readEnds() {
        if (!isWaiting()) {
            begin();
        }
    }

    private void begin() {
        taken = 0;
        bytesTaken = 0;
    }

    /// No frame is taken until [#resume]: they wait, with what the decoder has.
    void stop() {
        stopped = true;
        reading.pause(ReadPauses.PauseReason.FRAMES_WAIT);
    }

    /// Takes what waits since [#stop].
    void resume() {
        stopped = false;
        if (!scheduled) {
            turn();
        }
    }

    /// The session ends: what waits is dropped, and the decoder goes on to the client's close frame.
    void end() {
        ended = true;
        waiting = null;
        bytesWaiting = 0;
        stopped = false;
        scheduled = false;
        EventLoopTasks.run(channel.eventLoop(), this::decodeHeld);
    }

    private void scheduleUnlessStopped() {
        if (ended || isWaiting() || (waiting == null && hasTurn())) {
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
            turnEnds.run();
            if (!isWaiting() && !ended) {
                begin();
                reading.resume(ReadPauses.PauseReason.FRAMES_WAIT);
            }
        } catch (Throwable e) {
            // As if it had been thrown while the socket was read.
            channel.pipeline().fireExceptionCaught(e);
        }
    }

    private void takeWaiting() {
        while (waiting != null && !stopped && hasTurn()) {
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
