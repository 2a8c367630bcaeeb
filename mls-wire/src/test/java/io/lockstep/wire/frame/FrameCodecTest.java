package io.lockstep.wire.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FrameCodecTest {
    private static final String JSON_CHARACTERS = "{}[]\",:\\e0-19.+nulltrue ";
    private static final ClientFrame PONG =
            ClientFrame.newBuilder().setPong(Pong.newBuilder().setNonce(5)).build();

    // PROTOCOL R-WIRE-6 R-WIRE-7
    @ParameterizedTest
    @EnumSource
    void severalFramesShareAMessage(FrameFormat format) throws MalformedFrameException {
        var payload = Unpooled.buffer();
        for (var frame : SampleFrames.client()) {
            payload.writeBytes(FrameCodec.encodePayload(format, frame));
            if (format == FrameFormat.JSON) {
                payload.writeByte('\n');
            }
        }
        assertThat(FrameCodec.decodeClient(format, payload)).isEqualTo(SampleFrames.client());
        assertThat(payload.readerIndex()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aDirectBufferIsReadWhereItStands(FrameFormat format) throws MalformedFrameException {
        var payload = UnpooledByteBufAllocator.DEFAULT.directBuffer();
        try {
            payload.writeInt(-1).writeBytes(FrameCodec.encodePayload(format, PONG)).writeInt(-1);
            payload.readerIndex(4).writerIndex(payload.writerIndex() - 4);
            assertThat(FrameCodec.decodeClient(format, payload)).containsExactly(PONG);
            assertThat(payload.readerIndex()).isEqualTo(4);
        } finally {
            payload.release();
        }
    }

    // PROTOCOL R-WIRE-8
    @ParameterizedTest
    @EnumSource
    void anEmptyMessageIsMalformed(FrameFormat format) {
        assertMalformed(format, Unpooled.EMPTY_BUFFER);
        assertThatExceptionOfType(MalformedFrameException.class)
                .isThrownBy(() -> FrameCodec.decodeServer(format, Unpooled.EMPTY_BUFFER));
    }

    // PROTOCOL R-WIRE-9
    @ParameterizedTest
    @EnumSource
    void aClientFrameWithoutABodyIsMalformed(FrameFormat format) {
        var frame = ClientFrame.newBuilder().setRequestId(1).build();
        assertMalformed(format, Unpooled.wrappedBuffer(FrameCodec.encodePayload(format, frame)));
    }

    // PROTOCOL R-NEW-2
    @ParameterizedTest
    @EnumSource
    void aServerFrameOfALaterVersionIsLeftToTheClient(FrameFormat format) throws Exception {
        var payload =
                format == FrameFormat.PROTO
                        ? hex("05" + "0801" + "a20600")
                        : text("{\"requestId\":\"1\",\"novelty\":{\"a\":[1,{}]}}");
        assertThat(FrameCodec.decodeServer(format, payload))
                .containsExactly(ServerFrame.newBuilder().setRequestId(1).build());
    }

    // PROTOCOL R-NEW-9
    @ParameterizedTest
    @EnumSource
    void fieldsOfALaterVersionArePassedOverAndNotKept(FrameFormat format) throws Exception {
        var payload =
                format == FrameFormat.PROTO
                        ? Unpooled.wrappedBuffer(FrameCodec.encodePayload(format, withNovelty()))
                        : text("{\"novelty\":1,\"pong\":{\"nonce\":5,\"other\":[\"x\"]}}");
        assertThat(FrameCodec.decodeClient(format, payload)).containsExactly(PONG);
    }

    private static ClientFrame withNovelty() {
        var novelty =
                UnknownFieldSet.newBuilder()
                        .addField(100, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                        .build();
        return PONG.toBuilder()
                .setUnknownFields(novelty)
                .setPong(PONG.getPong().toBuilder().setUnknownFields(novelty))
                .build();
    }

    // PROTOCOL R-WIRE-9 R-WIRE-10
    @ParameterizedTest
    @ValueSource(
            strings = {
                "00", // a frame of no bytes has no body
                "04520208", // announces one byte more than there is
                "0452020805ff", // a length that nothing follows
                "845200", // a truncated length
                "84005202080f", // a length not in its shortest form
                "ffffffffff0f", // too long a varint
                "8080808001520208050a", // more than four bytes
                "ffffff7f", // 256 MiB announced
                "0252ff", // a field longer than its frame
                "0452020880", // a truncated varint inside
                "0100", // tag 0
                "020807", // no body
                "0154", // an end of a group that did not begin
                "03520107", // wire type 7
                "0612040a02c328" // a token that is not UTF-8
            })
    void brokenProtobufIsMalformed(String hex) {
        assertMalformed(FrameFormat.PROTO, hex(hex));
    }

    @Test
    void everyCutOfAProtobufMessageIsMalformed() {
        for (var frame : SampleFrames.client()) {
            var payload = FrameCodec.encodePayload(FrameFormat.PROTO, frame);
            for (int size = 0; size < payload.length; size++) {
                assertMalformed(FrameFormat.PROTO, Unpooled.wrappedBuffer(payload, 0, size));
            }
        }
    }

    @Test
    void everyCutOfAJsonMessageIsMalformed() {
        for (var frame : SampleFrames.client()) {
            var payload = FrameCodec.encodePayload(FrameFormat.JSON, frame);
            for (int size = 0; size < payload.length; size++) {
                assertMalformed(FrameFormat.JSON, Unpooled.wrappedBuffer(payload, 0, size));
            }
        }
    }

    // PROTOCOL R-WIRE-9 R-WIRE-13 R-WIRE-14
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "[]",
                "\"pong\"",
                "{}",
                "{\"pong\":null}",
                "{\"pong\":{}} x",
                "{\"pong\":{}}{\"pong\":{}}",
                "{\"pong\":{}}\n\n{\"pong\":{}}",
                "\n{\"pong\":{}}",
                "{\"pong\":\n{}}",
                "{pong:{}}",
                "{'pong':{}}",
                "{\"pong\"={}}",
                "{\"pong\":{};\"requestId\":1}",
                "{\"pong\":{},}",
                "{\"pong\":{}/* */}",
                "{\"pong\":{},\"pong\":{}}",
                "{\"pong\":{},\"\\u0070ong\":{}}",
                "{\"pong\":{},\"detach\":{}}",
                "{\"requestId\":1,\"request_id\":2,\"pong\":{}}",
                "{\"pong\":{\"nonce\":01}}",
                "{\"pong\":{\"nonce\":-1}}",
                "{\"pong\":{\"nonce\":1.5}}",
                "{\"pong\":{\"nonce\":NaN}}",
                "{\"pong\":{\"nonce\":\"1e99999999\"}}",
                "{\"pong\":{\"nonce\":1e99999999}}",
                "{\"pong\":{\"nonce\":18446744073709551616}}",
                "{\"pong\":{\"nonce\":{}}}",
                "{\"pong\":5}",
                "{\"send\":{\"message\":\"*\"}}",
                "{\"send\":{\"ephemeral\":1}}",
                "{\"hello\":{\"token\":\"a\tb\"}}",
                "{\"hello\":{\"token\":\"\\ud800\"}}",
                "{\"hello\":{\"token\":\"\\udc00\\ud800\"}}",
                "{\"hello\":{\"token\":\"\\u00g0\"}}",
                "{\"hello\":{\"token\":\"\\x\"}}",
                "{\"create\":{\"policy\":{\"externalJoin\":\"EXTERNAL_JOIN_NEVER_HEARD_OF\"}}",
                "\ufeff{\"pong\":{}}",
                ")]}'\n{\"pong\":{}}"
            })
    void whatIsNotStrictJsonIsMalformed(String json) {
        assertMalformed(FrameFormat.JSON, text(json));
    }

    @Test
    void textThatIsNotUtf8IsMalformed() {
        assertMalformed(
                FrameFormat.JSON,
                Unpooled.wrappedBuffer(
                        text("{\"hello\":{\"token\":\""), hex("c328"), text("\"}}")));
    }

    @Test
    void whitespaceAndEscapesAndTheUrlSafeAlphabetAreFine() throws MalformedFrameException {
        assertThat(
                        FrameCodec.decodeClient(
                                FrameFormat.JSON,
                                text(
                                        " { \"send\" :\t{ \"message\" : \"-_8\" } } \r\n"
                                                + "{\"hello\":{\"token\":\"\\u00e9\\ud83d\\ude00\\n\\/\"}}\n")))
                .containsExactly(
                        ClientFrame.newBuilder()
                                .setSend(
                                        Send.newBuilder()
                                                .setMessage(
                                                        ByteString.copyFrom(new byte[] {-5, -1})))
                                .build(),
                        ClientFrame.newBuilder()
                                .setHello(Hello.newBuilder().setToken("é😀\n/"))
                                .build());
    }

    // PROTOCOL R-WIRE-13
    @Test
    void deepNestingIsMalformedAndOverflowsNothing() {
        assertMalformed(
                FrameFormat.JSON,
                text("{\"x\":" + "[".repeat(500_000) + "]".repeat(500_000) + ",\"pong\":{}}"));
        assertMalformed(FrameFormat.JSON, text("{\"x\":".repeat(500_000)));
        // Nested unknown groups: start-group tags of field 100.
        var groups = Unpooled.buffer();
        groups.writeBytes(new byte[] {(byte) 0xc0, (byte) 0x8d, 0x30}); // 800,960 bytes
        for (int i = 0; i < 400_480; i++) {
            groups.writeByte(0xa3).writeByte(0x06);
        }
        assertMalformed(FrameFormat.PROTO, groups);
    }

    // PROTOCOL R-WIRE-6
    @ParameterizedTest
    @EnumSource
    void moreFramesThanTheLimitAreMalformed(FrameFormat format) throws MalformedFrameException {
        var payload = Unpooled.buffer();
        for (int i = 0; i < FrameCodec.FRAMES_MAX; i++) {
            payload.writeBytes(FrameCodec.encodePayload(format, PONG))
                    .writeBytes(separator(format));
        }
        assertThat(FrameCodec.decodeClient(format, payload)).hasSize(FrameCodec.FRAMES_MAX);
        payload.writeBytes(FrameCodec.encodePayload(format, PONG));
        assertMalformed(format, payload);
    }

    private static byte[] separator(FrameFormat format) {
        return format == FrameFormat.JSON ? new byte[] {'\n'} : new byte[0];
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100, 120, 126, 127, 4_000, 65_500, 65_530, 65_540, 300_000})
    void aServerFrameIsOneWholeWebSocketFrame(int messageBytes) throws MalformedFrameException {
        var message = ByteString.copyFrom(new byte[messageBytes]);
        var builder = ServerFrame.newBuilder();
        builder.getDeliveryBuilder().setMessage(message);
        for (var format : FrameFormat.values()) {
            var encoded =
                    FrameCodec.encode(format, builder.build(), UnpooledByteBufAllocator.DEFAULT);
            try {
                assertThat(encoded.isDirect()).isTrue();
                assertThat(encoded.capacity()).isEqualTo(encoded.readableBytes());
                var payload = WebSocketHeaderTest.payloadOf(encoded, format);
                assertThat(FrameCodec.decodeServer(format, payload))
                        .isEqualTo(List.of(builder.build()));
            } finally {
                assertThat(encoded.release()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whateverIsChangedDecodingThrowsNothingElse(FrameFormat format) {
        long seed = Long.getLong("lockstep.seed", 20261123L);
        var random = new Random(seed);
        var frames = SampleFrames.client();
        for (int i = 0; i < 20_000; i++) {
            var payload =
                    FrameCodec.encodePayload(format, frames.get(random.nextInt(frames.size())));
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                payload[random.nextInt(payload.length)] =
                        (byte)
                                (format == FrameFormat.JSON
                                        ? JSON_CHARACTERS.charAt(
                                                random.nextInt(JSON_CHARACTERS.length()))
                                        : random.nextInt(256));
            }
            try {
                FrameCodec.decodeClient(format, Unpooled.wrappedBuffer(payload));
            } catch (MalformedFrameException e) {
                assertThat(e.code()).isEqualTo(Code.MALFORMED_FRAME);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + Bytes.copyOf(payload).hex(), e);
            }
        }
    }

    private static void assertMalformed(FrameFormat format, ByteBuf payload) {
        assertThatExceptionOfType(MalformedFrameException.class)
                .isThrownBy(() -> FrameCodec.decodeClient(format, payload))
                .satisfies(e -> assertThat(e.code()).isEqualTo(Code.MALFORMED_FRAME))
                .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
    }

    private static ByteBuf hex(String hex) {
        return Unpooled.wrappedBuffer(Bytes.ofHex(hex).toArray());
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }
}
