package io.lockstep.bench.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.DeliveryEncoder;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.Live;
import io.lockstep.wire.proto.Ping;
import io.lockstep.wire.proto.Ready;
import io.lockstep.wire.proto.Reference;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ReceiverTest {
    private static final String NAME = "room";
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap(NAME.getBytes(StandardCharsets.UTF_8)));
    private static final byte[] UPGRADED =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private final EmbeddedChannel loop = new EmbeddedChannel();
    private final LoopTally tally = new LoopTally(loop.eventLoop());
    private final GroupTraffic group = tally.group(NAME, "all");
    private final List<String> outcomes = new ArrayList<>();

    private @Nullable Receiver last;

    private final Receiver.ReceiverListener outcome =
            new Receiver.ReceiverListener() {
                @Override
                public void open(Receiver receiver) {
                    outcomes.add("open " + receiver.number());
                }

                @Override
                public void failed(Receiver receiver, String why) {
                    outcomes.add("failed " + receiver.number());
                }

                @Override
                public void later(Receiver receiver) {
                    outcomes.add("later " + receiver.number());
                    last = receiver;
                }
            };

    private EmbeddedChannel receiver(int number, Dialect dialect) {
        group.receivers++;
        var endpoint = new Endpoint(dialect, URI.create("ws://127.0.0.1:7420/v1/ws"));
        return new EmbeddedChannel(
                new Receiver(number, endpoint, "dev:a/b", tally, group, outcome));
    }

    private static byte[] delivery(long position) {
        return delivery(position, position);
    }

    private static byte[] delivery(long position, long number) {
        var message = SyntheticMls.application(GROUP, 1, new Stamp(number, 5), 300);
        return bytes(
                DeliveryEncoder.encode(
                        FrameFormat.PROTO,
                        ByteBufAllocator.DEFAULT,
                        GROUP,
                        position,
                        Kind.KIND_APPLICATION,
                        1,
                        1_700_000_000_000L,
                        message));
    }

    private static byte[] frame(ServerFrame.Builder frame) {
        return bytes(FrameCodec.encode(FrameFormat.PROTO, frame.build(), ByteBufAllocator.DEFAULT));
    }

    private static byte[] live(long position) {
        return frame(
                ServerFrame.newBuilder()
                        .setLive(
                                Live.newBuilder()
                                        .setGroupId(ByteString.copyFromUtf8(NAME))
                                        .setPosition(position)));
    }

    private static byte[] reference(long position, Bytes sha256, long size) {
        return frame(
                ServerFrame.newBuilder()
                        .setDelivery(
                                Delivery.newBuilder()
                                        .setGroupId(ByteString.copyFromUtf8(NAME))
                                        .setPosition(position)
                                        .setKind(Kind.KIND_COMMIT)
                                        .setReference(
                                                Reference.newBuilder()
                                                        .setSha256(sha256.asByteString())
                                                        .setSize(size))));
    }

    private static byte[] bytes(ByteBuf buffer) {
        var bytes = ByteBufUtil.getBytes(buffer);
        buffer.release();
        return bytes;
    }

    private static byte[] join(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (var part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static void feed(EmbeddedChannel channel, byte[] bytes) {
        channel.writeInbound(Unpooled.copiedBuffer(bytes));
    }

    private static void close(EmbeddedChannel channel) {
        channel.finishAndReleaseAll();
    }

    @Test
    void deliveriesInOrderAreCountedWithAnyFragmentation() {
        var stream =
                join(
                        UPGRADED,
                        frame(ServerFrame.newBuilder().setReady(Ready.newBuilder().setClient("x"))),
                        delivery(4),
                        live(4),
                        delivery(5),
                        delivery(6),
                        delivery(7));
        long seed = new Random().nextLong();
        var random = new Random(seed);
        int receivers = 40;
        for (int i = 0; i < receivers; i++) {
            var channel = receiver(i, Dialect.LOCKSTEP);
            int at = 0;
            while (at < stream.length) {
                int end = Math.min(stream.length, at + 1 + random.nextInt(i < 3 ? 2 : 500));
                feed(channel, Arrays.copyOfRange(stream, at, end));
                at = end;
            }
            close(channel);
        }

        assertThat(tally.deliveries()).as("seed %d", seed).isEqualTo(receivers * 4L);
        assertThat(outcomes).hasSize(receivers).allMatch(o -> o.startsWith("open"));
        assertThat(tally.duplicated + tally.reordered + tally.otherBytes).isZero();
        for (long position = 4; position <= 7; position++) {
            var arrival = Objects.requireNonNull(group.at(position));
            assertThat(arrival.count).isEqualTo(receivers);
            assertThat(arrival.number).isEqualTo(position);
        }
    }

    @Test
    void aReferenceIsCheckedByHashAndSizeAndReportedAsItsMessage() {
        var sha256 = Bytes.wrap("a commit".getBytes(StandardCharsets.UTF_8)).sha256();
        var first = receiver(0, Dialect.LOCKSTEP);
        feed(first, join(UPGRADED, live(0), reference(1, sha256, 4_000_000)));
        var same = receiver(1, Dialect.LOCKSTEP);
        feed(same, join(UPGRADED, live(0), reference(1, sha256, 4_000_000)));
        assertThat(tally.otherBytes).isZero();

        var otherSize = receiver(2, Dialect.LOCKSTEP);
        feed(otherSize, join(UPGRADED, live(0), reference(1, sha256, 4_000_001)));
        var otherHash = receiver(3, Dialect.LOCKSTEP);
        feed(otherHash, join(UPGRADED, live(0), reference(1, sha256.sha256(), 4_000_000)));
        assertThat(tally.otherBytes).isEqualTo(2);

        assertThat(group.ofRound())
                .singleElement()
                .satisfies(arrival -> assertThat(arrival.sha256).isEqualTo(sha256))
                .satisfies(arrival -> assertThat(arrival.referencedBytes).isEqualTo(4_000_000));
        List.of(first, same, otherSize, otherHash).forEach(ReceiverTest::close);
    }

    @Test
    void aHoleADuplicateAndOtherBytesAreDetected() {
        var first = receiver(0, Dialect.LOCKSTEP);
        feed(first, join(UPGRADED, live(0), delivery(1), delivery(2), delivery(3)));
        assertThat(tally.faultCount()).isZero();

        var hole = receiver(1, Dialect.LOCKSTEP);
        feed(hole, join(UPGRADED, live(0), delivery(1), delivery(3)));
        assertThat(tally.reordered).isEqualTo(1);

        var twice = receiver(2, Dialect.LOCKSTEP);
        feed(twice, join(UPGRADED, live(0), delivery(1), delivery(1), delivery(2)));
        assertThat(tally.duplicated).isEqualTo(1);

        var other = receiver(3, Dialect.LOCKSTEP);
        feed(other, join(UPGRADED, live(0), delivery(1), delivery(2, 77)));
        assertThat(tally.otherBytes).isEqualTo(1);
        assertThat(tally.faultCount()).isEqualTo(2);
        List.of(first, hole, twice, other).forEach(ReceiverTest::close);
    }

    @Test
    void aWrongByteIsDetectedAtAnyOffset() {
        var right = delivery(1);
        var first = receiver(0, Dialect.LOCKSTEP);
        feed(first, join(UPGRADED, live(0), right));
        int messageFrom = right.length - 300;
        for (int i = messageFrom; i < right.length; i++) {
            var wrong = right.clone();
            wrong[i] ^= 1;
            var channel = receiver(i, Dialect.LOCKSTEP);
            feed(channel, join(UPGRADED, live(0), wrong));
            close(channel);
        }
        assertThat(tally.otherBytes).isEqualTo(300);
        close(first);
    }

    @Test
    void aPingIsAnsweredAndALostConnectionIsAFault() {
        var channel = receiver(0, Dialect.LOCKSTEP);
        feed(channel, join(UPGRADED, live(0)));
        channel.releaseOutbound();
        feed(channel, frame(ServerFrame.newBuilder().setPing(Ping.newBuilder().setNonce(9))));
        ByteBuf pong = channel.readOutbound();
        assertThat(pong).isNotNull();
        pong.release();
        close(channel);
        assertThat(tally.faultCount()).isEqualTo(1);
    }

    @Test
    void aRefusedReceiverReportsIt() {
        var channel = receiver(0, Dialect.LOCKSTEP);
        feed(channel, "HTTP/1.1 503 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        close(channel);
        assertThat(outcomes).containsExactly("failed 0");
    }

    private static byte[] closed(int code) {
        return new byte[] {(byte) 0x88, 2, (byte) (code >> 8), (byte) code};
    }

    @Test
    void aDeferredReceiverRetriesAFewTimesWithoutAFault() {
        var channel = receiver(0, Dialect.LOCKSTEP);
        feed(channel, join(UPGRADED, closed(4011)));
        close(channel);
        for (int i = 2; i < Receiver.ATTEMPTS_MAX; i++) {
            var again = new EmbeddedChannel(Objects.requireNonNull(last).oneMoreTime(outcome));
            feed(again, join(UPGRADED, closed(4011)));
            close(again);
        }
        assertThat(outcomes)
                .hasSize(Receiver.ATTEMPTS_MAX - 1)
                .allMatch(told -> told.equals("later 0"));
        assertThat(tally.faultCount()).isZero();

        var once = new EmbeddedChannel(Objects.requireNonNull(last).oneMoreTime(outcome));
        feed(once, join(UPGRADED, closed(4011)));
        close(once);
        assertThat(outcomes).endsWith("failed 0");
        assertThat(tally.faultCount()).isOne();
    }

    @Test
    void aReceiverThatIsRefusedForGoodOrWasLiveDoesNotRetry() {
        var unknown = receiver(0, Dialect.LOCKSTEP);
        feed(unknown, join(UPGRADED, closed(4003)));
        var open = receiver(1, Dialect.LOCKSTEP);
        feed(open, join(UPGRADED, live(0), closed(4011)));
        var lost = receiver(2, Dialect.LOCKSTEP);
        feed(lost, UPGRADED);
        List.of(unknown, open, lost).forEach(ReceiverTest::close);

        assertThat(outcomes).containsExactly("failed 0", "open 1", "failed 2");
        assertThat(tally.faultCount()).isEqualTo(3);
    }

    @Test
    void plainWebSocketsAreCountedByMessage() {
        var message = SyntheticMls.application(GROUP, 1, new Stamp(3, 5), 200).toArray();
        var frame = join(new byte[] {(byte) 0x82, 126, 0, (byte) message.length}, message);
        for (int i = 0; i < 2; i++) {
            var channel = receiver(i, Dialect.PLAIN);
            feed(channel, join(UPGRADED, frame));
            close(channel);
        }
        assertThat(tally.deliveries()).isEqualTo(2);
        assertThat(tally.otherBytes).isZero();
    }

    @Test
    void natsIsParsedAsAStream() {
        var message = SyntheticMls.application(GROUP, 1, new Stamp(3, 5), 200).toArray();
        var stream =
                join(
                        Receiver.ascii("INFO {}\r\nPONG\r\nMSG bench 1 " + message.length + "\r\n"),
                        message,
                        Receiver.ascii("\r\n"));
        var channel = receiver(0, Dialect.NATS);
        feed(channel, UPGRADED);
        for (byte b : stream) {
            feed(channel, new byte[] {(byte) 0x82, 1, b});
        }
        assertThat(tally.deliveries()).isEqualTo(1);
        assertThat(outcomes).containsExactly("open 0");
        close(channel);
    }
}
