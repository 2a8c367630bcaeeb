package io.lockstep.benchmarks;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.DeliveryEncoder;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBufAllocator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Question: what does encoding a delivery once for a whole group cost with the hand-written
/// encoder, and what with the generated one? Both produce the same bytes: a complete WebSocket
/// frame in a direct buffer of Netty's default allocator.
///
/// Command: `benchmarks/run --keep delivery-encode DeliveryEncodeBenchmark -prof gc`
///
/// Not covered: writing to sockets, which costs thousands of times as much; JSON, which is for
/// people; the allocator's cache for event-loop threads, which JMH's threads lack in both cases.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseCompactObjectHeaders")
@State(Scope.Thread)
public class DeliveryEncodeBenchmark {
    private static final GroupId GROUP = new GroupId(Bytes.ofHex("0f".repeat(16)));
    private static final long POSITION = 123_456;
    private static final long EPOCH = 789;
    private static final long ACCEPTED_AT_MILLIS = 1_795_435_200_123L;

    /// Bytes of the MLSMessage.
    @Param({"233", "1024", "65536"})
    public int messageBytes = 1024;

    private final ByteBufAllocator allocator = ByteBufAllocator.DEFAULT;
    private Bytes message = Bytes.EMPTY;

    @Setup
    public void setUp() {
        var array = new byte[messageBytes];
        new Random(1).nextBytes(array);
        message = Bytes.wrap(array);
    }

    @Benchmark
    public int byHand() {
        var buffer =
                DeliveryEncoder.encode(
                        FrameFormat.PROTO,
                        allocator,
                        GROUP,
                        POSITION,
                        Kind.KIND_APPLICATION,
                        EPOCH,
                        ACCEPTED_AT_MILLIS,
                        message);
        int size = buffer.readableBytes();
        buffer.release();
        return size;
    }

    @Benchmark
    public int generated() {
        var frame =
                ServerFrame.newBuilder()
                        .setDelivery(
                                Delivery.newBuilder()
                                        .setGroupId(GROUP.bytes().asByteString())
                                        .setPosition(POSITION)
                                        .setKind(Kind.KIND_APPLICATION)
                                        .setEpoch(EPOCH)
                                        .setAcceptedAtMillis(ACCEPTED_AT_MILLIS)
                                        .setMessage(message.asByteString()))
                        .build();
        var buffer = FrameCodec.encode(FrameFormat.PROTO, frame, allocator);
        int size = buffer.readableBytes();
        buffer.release();
        return size;
    }
}
