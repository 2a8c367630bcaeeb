package io.lockstep.wire.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class DeliveryEncoderTest {
    private static final UnpooledByteBufAllocator ALLOCATOR = UnpooledByteBufAllocator.DEFAULT;
    private static final Kind[] KINDS = {
        Kind.KIND_UNSPECIFIED, Kind.KIND_APPLICATION, Kind.KIND_PROPOSAL, Kind.KIND_COMMIT
    };

    /// Sizes around each length whose encoding takes one more byte: the varints of the message, of
    /// the delivery and of the frame, and the WebSocket length.
    private static final int[] SIZES =
            IntStream.of(0, 125, 127, 16_383, 65_535, 2_097_151)
                    .flatMap(edge -> IntStream.rangeClosed(edge - 40, edge + 3))
                    .filter(size -> size >= 0)
                    .toArray();

    @Test
    void writesTheSameBytesAsTheGeneratedEncoder() {
        long seed = Long.getLong("lockstep.seed", 20261123L);
        var random = new Random(seed);
        for (int size : SIZES) {
            assertSame(random, size, "seed " + seed + " size " + size);
        }
        for (int i = 0; i < 2_000; i++) {
            int size = random.nextInt(1 << random.nextInt(1, 17));
            assertSame(random, size, "seed " + seed + " round " + i);
        }
    }

    private static void assertSame(Random random, int messageBytes, String what) {
        var group = new GroupId(random(random, 1 + random.nextInt(255)));
        var message = random(random, messageBytes);
        long position = number(random);
        long epoch = number(random);
        long millis = number(random);
        var kind = KINDS[random.nextInt(KINDS.length)];
        var frame =
                ServerFrame.newBuilder()
                        .setDelivery(
                                Delivery.newBuilder()
                                        .setGroupId(group.bytes().asByteString())
                                        .setPosition(position)
                                        .setKind(kind)
                                        .setEpoch(epoch)
                                        .setAcceptedAtMillis(millis)
                                        .setMessage(message.asByteString()))
                        .build();
        var formats =
                messageBytes > 100_000
                        ? new FrameFormat[] {FrameFormat.PROTO}
                        : FrameFormat.values();
        for (var format : formats) {
            var expected = FrameCodec.encode(format, frame, ALLOCATOR);
            var encoded =
                    DeliveryEncoder.encode(
                            format, ALLOCATOR, group, position, kind, epoch, millis, message);
            try {
                assertThat(bytes(encoded)).as(what).isEqualTo(bytes(expected));
                assertThat(encoded.isDirect()).isTrue();
                assertThat(encoded.capacity()).isEqualTo(encoded.readableBytes());
                assertThat(
                                DeliveryEncoder.size(
                                        format, group, position, kind, epoch, millis, message))
                        .isEqualTo(encoded.readableBytes());
            } finally {
                expected.release();
                assertThat(encoded.release()).isTrue();
            }
        }
    }

    /// Unsigned numbers of every length, and sometimes 0.
    private static long number(Random random) {
        return random.nextInt(10) == 0 ? 0 : random.nextLong() >>> random.nextInt(64);
    }

    private static Bytes random(Random random, int size) {
        var bytes = new byte[size];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    private static Bytes bytes(ByteBuf buffer) {
        return Bytes.copyOf(buffer, buffer.readerIndex(), buffer.readableBytes());
    }
}
