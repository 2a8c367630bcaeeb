package io.lockstep.bench.traffic;

import com.google.protobuf.ByteString;
import io.lockstep.wire.Code;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Live;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A member that only receives. It compares every delivery with the bytes that the first receiver
/// of its event loop got at that position, and checks the order of positions. The expected delivery
/// costs one comparison.
final class Receiver extends LeanWebSocket {
    private static final long UNKNOWN = -1;

    /// Called once: when it follows its group (or is open, without a group), or when it never will.
    interface ReceiverListener {
        void open(Receiver receiver);

        void failed(Receiver receiver, String why);

        /// The server closed the connection and asks for a later retry, which [#again] does.
        void later(Receiver receiver);
    }

    /// Attempts to connect before it gives up.
    static final int ATTEMPTS_MAX = 11;

    private final int number;
    private final Endpoint endpoint;
    private final String token;
    private final LoopTally tally;
    private final @Nullable GroupTraffic group;
    private final DeliveryScanner scanner = new DeliveryScanner();
    private final @Nullable NatsStream nats;
    private @Nullable ReceiverListener outcome;
    private long position = UNKNOWN;
    private volatile boolean excused;
    private int attempts = 1;

    Receiver(
            int number,
            Endpoint endpoint,
            String token,
            LoopTally tally,
            @Nullable GroupTraffic group,
            ReceiverListener outcome) {
        super(endpoint);
        this.number = number;
        this.endpoint = endpoint;
        this.token = token;
        this.tally = tally;
        this.group = group;
        this.outcome = outcome;
        nats = endpoint.dialect() == Dialect.NATS ? new NatsStream(this) : null;
    }

    /// Returns the same member on a new connection, with its position.
    Receiver again(ReceiverListener next) {
        var again = new Receiver(number, endpoint, token, tally, group, next);
        again.position = position;
        return again;
    }

    /// Returns the same member after the server deferred it.
    Receiver oneMoreTime(ReceiverListener next) {
        var again = again(next);
        again.attempts = attempts + 1;
        return again;
    }

    int number() {
        return number;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    LoopTally tally() {
        return tally;
    }

    /// Allows the connection to end from now on: a server need not wait for a receiver that does
    /// not read.
    void stopReading() {
        excused = true;
        autoRead(false);
    }

    void readOn() {
        autoRead(true);
    }

    /// Ends the exception for a stalled receiver.
    void expected() {
        excused = false;
    }

    private void autoRead(boolean on) {
        var ctx = context;
        if (ctx != null) {
            ctx.channel().config().setAutoRead(on);
        }
    }

    void close() {
        var ctx = context;
        if (ctx != null) {
            var _ = ctx.close();
        }
    }

    @Override
    void opened() {
        switch (endpoint.dialect()) {
            case LOCKSTEP -> hello();
            case PLAIN -> {
                position = 0;
                live();
            }
            case NATS -> {
                position = 0;
                send(NatsStream.SUBSCRIBE);
            }
        }
    }

    private void hello() {
        var hello = Hello.newBuilder().setToken(token);
        if (group != null) {
            var cursor = Cursor.newBuilder().setGroupId(ByteString.copyFromUtf8(group.name));
            if (position > 0) {
                cursor.setPosition(position).setIncarnation(ByteString.copyFrom(group.incarnation));
            }
            hello.addResume(Attach.newBuilder().setCursor(cursor));
        }
        send(ClientFrame.newBuilder().setHello(hello).build());
    }

    private void send(ClientFrame frame) {
        send(FrameCodec.encodePayload(FrameFormat.PROTO, frame));
    }

    /// Handles a complete subscription, or an open connection without one.
    void live() {
        var waiting = outcome;
        outcome = null;
        if (waiting != null) {
            waiting.open(this);
        }
    }

    @Override
    boolean takeExpected(ByteBuf in, long now) {
        var traffic = group;
        if (traffic == null || position < 0 || nats != null) {
            return false;
        }
        var next = traffic.at(position + 1);
        int index = in.readerIndex();
        if (next == null || !next.isAt(in, index, in.readableBytes())) {
            return false;
        }
        in.readerIndex(index + next.length);
        position++;
        tally.arrived(next, now);
        return true;
    }

    @Override
    void received(ByteBuf in, int frame, int payload, int length, long now) {
        switch (endpoint.dialect()) {
            case LOCKSTEP -> {
                if (scanner.scan(in, payload, length)) {
                    delivered(
                            scanner.position,
                            in,
                            frame,
                            payload + length - frame,
                            scanner.messageIndex,
                            scanner.messageLength,
                            scanner.referencedBytes,
                            now);
                } else {
                    control(in.slice(payload, length));
                }
            }
            case PLAIN ->
                    delivered(
                            position + 1,
                            in,
                            frame,
                            payload + length - frame,
                            payload,
                            length,
                            0,
                            now);
            case NATS -> {
                if (nats != null) {
                    nats.add(in, payload, length, now);
                }
            }
        }
    }

    /// Handles a message of a stream in which frames have no meaning.
    void streamed(ByteBuf in, int index, int length, long now) {
        delivered(position + 1, in, index, length, index, length, 0, now);
    }

    private void delivered(
            long next,
            ByteBuf in,
            int index,
            int length,
            int messageIndex,
            int messageLength,
            long referencedBytes,
            long now) {
        var traffic = group;
        if (traffic == null || next == 0) {
            return;
        }
        if (next <= position) {
            tally.duplicated++;
            return;
        }
        if (position > 0 && next != position + 1) {
            tally.reordered++;
            tally.fault("member " + number + ": position " + next + " after " + position);
        }
        position = next;
        var known = traffic.at(next);
        if (known == null) {
            known =
                    traffic.begin(
                            next, in, index, length, messageIndex, messageLength, referencedBytes);
        } else if (known.length != length || !known.isAt(in, index, length)) {
            tally.otherBytes++;
            tally.fault("member " + number + ": other bytes at position " + next);
        }
        tally.arrived(known, now);
    }

    private void control(ByteBuf payload) {
        try {
            for (var frame : FrameCodec.decodeServer(FrameFormat.PROTO, payload)) {
                control(frame);
            }
        } catch (MalformedFrameException e) {
            throw new IllegalStateException("the server sent no frame: " + e.getMessage(), e);
        }
    }

    private void control(ServerFrame frame) {
        switch (frame.getBodyCase()) {
            case READY -> {
                if (group == null) {
                    live();
                }
            }
            case LIVE -> live(frame.getLive());
            case PING ->
                    send(
                            ClientFrame.newBuilder()
                                    .setPong(Pong.newBuilder().setNonce(frame.getPing().getNonce()))
                                    .build());
            case INBOX, KEY_PACKAGES_LOW, TOKEN_EXPIRES, BODY_NOT_SET -> {}
            default -> {
                var why = frame.getBodyCase() + " " + frame;
                tally.fault("member " + number + ": " + why);
                failed(why);
            }
        }
    }

    private void live(Live frame) {
        if (group != null) {
            group.incarnation = frame.getIncarnation().toByteArray();
        }
        if (position == UNKNOWN) {
            position = frame.getPosition();
        } else if (position != frame.getPosition()) {
            tally.reordered++;
            tally.fault(
                    "member "
                            + number
                            + ": live at "
                            + frame.getPosition()
                            + ", shown up to "
                            + position);
        }
        live();
    }

    private void failed(String why) {
        var waiting = outcome;
        outcome = null;
        if (waiting != null) {
            waiting.failed(this, why);
        }
    }

    @Override
    void pause() {
        tally.publish();
    }

    @Override
    void ended(String why) {
        var waiting = outcome;
        if (waiting != null && attempts < ATTEMPTS_MAX && isForLater(closeCode())) {
            outcome = null;
            waiting.later(this);
        } else {
            if (!excused) {
                tally.fault("member " + number + ": " + why);
            }
            failed(why);
        }
        if (nats != null) {
            nats.release();
        }
    }

    private static boolean isForLater(int closeCode) {
        for (var code : Code.values()) {
            if (code.closesConnection() && code.number() == closeCode) {
                return code.retry() == RetryAdvice.LATER;
            }
        }
        return false;
    }

    /// Reports a fault in the server's own words.
    void fault(String why) {
        tally.fault("member " + number + ": " + why);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
