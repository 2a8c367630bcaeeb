package io.lockstep.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Pong;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// All frames of a message, and all messages of a read, were processed in one pass of the event
/// loop: four sessions with frames of 20 bytes delayed new clients by seconds.
final class FrameTurnsTest {
    private final List<Long> taken = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ReadPauses reading = new ReadPauses(channel);
    private final Queue<Runnable> later = new ArrayDeque<>();
    private int turnsEnded;
    private int held;
    private int decoderHolds;
    private final FrameTurns turns =
            new FrameTurns(
                    channel,
                    reading,
                    bytes -> held = bytes,
                    this::take,
                    () -> turnsEnded++,
                    later::add);

    private void take(ClientFrame frame) {
        taken.add(frame.getRequestId());
    }

    @BeforeEach
    void decodes() {
        reading.resume(ReadPauses.PauseReason.UPGRADING);
        channel.pipeline()
                .addLast(
                        new MeteredWebSocketDecoder(
                                1 << 20, _ -> {}, bytes -> decoderHolds = bytes, turns::isWaiting));
        channel.pipeline()
                .addLast(
                        new SimpleChannelInboundHandler<WebSocketFrame>() {
                            @Override
                            protected void channelRead0(
                                    ChannelHandlerContext ctx, WebSocketFrame message)
                                    throws MalformedFrameException {
                                turns.take(
                                        FrameCodec.decodeClient(
                                                FrameFormat.PROTO, message.content()));
                            }

                            @Override
                            public void channelReadComplete(ChannelHandlerContext ctx) {
                                turns.readEnds();
                            }
                        });
    }

    @AfterEach
    void nothingLeaks() {
        channel.finishAndReleaseAll();
    }

    private static ClientFrame frame(long id) {
        return ClientFrame.newBuilder().setRequestId(id).setPong(Pong.getDefaultInstance()).build();
    }

    private static List<ClientFrame> frames(int count) {
        return LongStream.range(0, count).mapToObj(FrameTurnsTest::frame).toList();
    }

    /// That many WebSocket messages of one frame each, masked with zeros.
    private static ByteBuf messages(int count) {
        var bytes = Unpooled.buffer();
        for (var frame : frames(count)) {
            var payload = FrameCodec.encodePayload(FrameFormat.PROTO, frame);
            bytes.writeByte(0x82).writeByte(0x80 | payload.length).writeInt(0);
            bytes.writeBytes(payload);
        }
        return bytes;
    }

    private static List<Long> upTo(int count) {
        return LongStream.range(0, count).boxed().toList();
    }

    private boolean isRead() {
        return channel.config().isAutoRead();
    }

    private void turn() {
        channel.runPendingTasks();
        var next = later.poll();
        if (next != null) {
            next.run();
        }
    }

    @Test
    void fewFramesAreTakenAtOnce() {
        turns.take(frames(FrameTurns.FRAMES_MAX - 1));
        assertThat(taken).isEqualTo(upTo(FrameTurns.FRAMES_MAX - 1));
        assertThat(turns.isWaiting()).isFalse();
        assertThat(isRead()).isTrue();
        turns.readEnds();
        turns.take(frames(1));
        assertThat(turns.isWaiting()).isFalse();
    }

    @Test
    void framesOfAMessageAreSlicedInOrderAndNothingIsReadMeanwhile() {
        turns.take(frames(3 * FrameTurns.FRAMES_MAX - 1));
        for (int turn = 1; turn < 3; turn++) {
            assertThat(taken).isEqualTo(upTo(turn * FrameTurns.FRAMES_MAX));
            assertThat(turns.isWaiting()).isTrue();
            assertThat(isRead()).isFalse();
            assertThat(held).isPositive();
            assertThat(turnsEnded).isEqualTo(turn - 1);
            turn();
        }
        assertThat(taken).isEqualTo(upTo(3 * FrameTurns.FRAMES_MAX - 1));
        assertThat(isRead()).isTrue();
        assertThat(held).isZero();
    }

    @Test
    void messagesOfAReadAreSlicedAndTheirBytesAreCounted() {
        channel.writeInbound(messages(150));
        assertThat(taken).isEqualTo(upTo(64));
        assertThat(isRead()).isFalse();
        assertThat(decoderHolds).isPositive();
        turn();
        assertThat(taken).isEqualTo(upTo(128));
        assertThat(isRead()).isFalse();
        turn();
        assertThat(taken).isEqualTo(upTo(150));
        assertThat(isRead()).isTrue();
        assertThat(decoderHolds).isZero();
    }

    @Test
    void aLongFrameIsTheLastOfItsSlice() {
        turns.take(LongStream.range(0, 5).mapToObj(FrameTurnsTest::halfATurn).toList());
        assertThat(taken).isEqualTo(upTo(2));
        turn();
        assertThat(taken).isEqualTo(upTo(4));
        turn();
        assertThat(taken).isEqualTo(upTo(5));
    }

    private static ClientFrame halfATurn(long id) {
        var token = "t".repeat(FrameTurns.BYTES_MAX / 2);
        return ClientFrame.newBuilder()
                .setRequestId(id)
                .setHello(Hello.newBuilder().setToken(token))
                .build();
    }

    @Test
    void nothingIsTakenWhileStopped() {
        turns.take(frames(1));
        turns.stop();
        channel.writeInbound(messages(3));
        turn();
        assertThat(taken).isEqualTo(upTo(1));
        assertThat(isRead()).isFalse();
        taken.clear();
        turns.resume();
        assertThat(taken).isEqualTo(upTo(3));
        assertThat(isRead()).isTrue();
    }

    @Test
    void nothingIsTakenAfterTheEnd() {
        turns.take(frames(100));
        turns.end();
        turn();
        channel.writeInbound(messages(3));
        turn();
        assertThat(taken).isEqualTo(upTo(FrameTurns.FRAMES_MAX));
        assertThat(turns.isWaiting()).isFalse();
    }
}
