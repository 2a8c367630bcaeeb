package io.lockstep.benchmarks;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupMessageHeader;
import io.lockstep.wire.mls.MalformedMessageException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Question: what does the strict parsing of a group message's header cost, and does it allocate
/// anything besides the view that it returns? Compared with Bouncy Castle's decoding of the same
/// bytes.
///
/// Command: `benchmarks/run --keep header-parse HeaderParseBenchmark -prof gc`
///
/// The bytes are in a direct buffer, as they arrive from a socket. `view` returns the view, an
/// object of 48 bytes; any further allocation answers the question. `epoch` reads one value from
/// the view and drops it.
///
/// Not covered: extracting the bytes from a frame, and their SHA-256, which a submission needs.
/// Bouncy Castle builds the whole message and checks less; the two do different work for the same
/// purpose.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseCompactObjectHeaders")
@State(Scope.Thread)
public class HeaderParseBenchmark {
    /// The message: see [SampleMessages].
    @Param({"PRIVATE_APPLICATION", "PUBLIC_COMMIT"})
    public SampleMessages message = SampleMessages.PRIVATE_APPLICATION;

    private byte[] array = new byte[0];
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;

    @Setup
    public void setUp() {
        Bytes bytes = message.bytes();
        array = bytes.toArray();
        buffer = Unpooled.directBuffer(array.length);
        bytes.writeTo(buffer);
    }

    @TearDown
    public void tearDown() {
        buffer.release();
    }

    @Benchmark
    public GroupMessageHeader view() throws MalformedMessageException {
        return GroupMessageHeader.read(buffer);
    }

    @Benchmark
    public long epoch() throws MalformedMessageException {
        return GroupMessageHeader.read(buffer).epoch();
    }

    @Benchmark
    public Object bouncyCastle() throws IOException {
        return MLSInputStream.decode(array, MLSMessage.class);
    }
}
