package io.lockstep.wire.frame;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.lockstep.wire.proto.ClientFrame;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Arbitrary bytes are decoded as frames, or refused as malformed. Decoded frames survive another
/// encoding. To fuzz, from the root:
///
/// ```
/// JAZZER_FUZZ=1 ./mvnw -pl mls-wire -am test -Dtest=FrameCodecFuzzTest#proto* \
///     -Dsurefire.failIfNoSpecifiedTests=false
/// ```
final class FrameCodecFuzzTest {
    @MethodSource("protoSeeds")
    @FuzzTest(maxDuration = "2m")
    void protoIsDecodedOrMalformed(byte[] payload) throws MalformedFrameException {
        check(FrameFormat.PROTO, payload);
    }

    @MethodSource("jsonSeeds")
    @FuzzTest(maxDuration = "2m")
    void jsonIsDecodedOrMalformed(byte[] payload) throws MalformedFrameException {
        check(FrameFormat.JSON, payload);
    }

    private static void check(FrameFormat format, byte[] payload) throws MalformedFrameException {
        for (var frame : decode(format, payload)) {
            var again =
                    FrameCodec.decodeClient(
                            format,
                            Unpooled.wrappedBuffer(FrameCodec.encodePayload(format, frame)));
            if (!again.equals(List.of(frame))) {
                throw new AssertionError("not the same after being encoded: " + frame);
            }
        }
    }

    private static List<ClientFrame> decode(FrameFormat format, byte[] payload) {
        try {
            return FrameCodec.decodeClient(format, Unpooled.wrappedBuffer(payload));
        } catch (MalformedFrameException e) {
            return List.of();
        }
    }

    static Stream<Arguments> protoSeeds() {
        return seeds(FrameFormat.PROTO);
    }

    static Stream<Arguments> jsonSeeds() {
        return seeds(FrameFormat.JSON);
    }

    private static Stream<Arguments> seeds(FrameFormat format) {
        return SampleFrames.client().stream()
                .map(frame -> arguments((Object) FrameCodec.encodePayload(format, frame)));
    }
}
