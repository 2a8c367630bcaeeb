package io.lockstep.wire.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// `frames.golden` contains every frame in both encodings as sent on the wire: for a client's frame
/// the payload of the WebSocket message, for a server's frame the whole WebSocket frame. It changes
/// only when the protocol is meant to change. Then the system property `lockstep.vectors.write`
/// makes this test write it, with the files of [ProtocolVectorsTest].
final class GoldenFramesTest {
    private static final Path SOURCE =
            Path.of("src/test/resources/io/lockstep/wire/frame/frames.golden");

    @BeforeAll
    static void write() throws IOException {
        if (Boolean.getBoolean(ProtocolVectorsTest.WRITE)) {
            Files.writeString(SOURCE, encoded());
        }
    }

    @Test
    void everyFrameIsEncodedAsInTheGoldenFile() throws IOException {
        assertThat(encoded()).isEqualTo(Files.readString(SOURCE));
    }

    @Test
    void everyGoldenFrameIsDecodedToItsSample() throws Exception {
        var client = new ArrayList<ClientFrame>();
        var server = new ArrayList<ServerFrame>();
        for (var line : Files.readString(SOURCE).lines().toList()) {
            if (line.startsWith("client-proto ")) {
                client.addAll(FrameCodec.decodeClient(FrameFormat.PROTO, hex(line)));
            } else if (line.startsWith("client-json ")) {
                client.addAll(FrameCodec.decodeClient(FrameFormat.JSON, text(line)));
            } else if (line.startsWith("server-proto ")) {
                var frame = hex(line);
                frame.skipBytes(frame.getByte(1) == 126 ? 4 : 2);
                server.addAll(FrameCodec.decodeServer(FrameFormat.PROTO, frame));
            } else if (line.startsWith("server-json ")) {
                server.addAll(FrameCodec.decodeServer(FrameFormat.JSON, text(line)));
            }
        }
        assertThat(client).isEqualTo(twice(SampleFrames.client()));
        assertThat(server).isEqualTo(twice(SampleFrames.server()));
    }

    @Test
    void theSamplesLeaveOutNoFrameAndNoField() {
        assertThat(SampleFrames.client().stream().map(ClientFrame::getBodyCase))
                .contains(allBut(ClientFrame.BodyCase.values()));
        assertThat(SampleFrames.server().stream().map(ServerFrame::getBodyCase))
                .contains(allBut(ServerFrame.BodyCase.values()));
        var set = new HashSet<FieldDescriptor>();
        SampleFrames.client().forEach(frame -> collect(frame, set));
        SampleFrames.server().forEach(frame -> collect(frame, set));
        for (var type : ClientFrame.getDescriptor().getFile().getMessageTypes()) {
            assertThat(set).containsAll(type.getFields());
        }
    }

    private static void collect(Message message, Set<FieldDescriptor> set) {
        message.getAllFields()
                .forEach((field, value) -> {
                    set.add(field);
                    var values = field.isRepeated() ? (List<?>) value : List.of(value);
                    for (var one : values) {
                        if (one instanceof Message inner) {
                            collect(inner, set);
                        }
                    }
                });
    }

    private static <T> T[] allBut(T[] cases) {
        return Arrays.copyOf(cases, cases.length - 1);
    }

    private static <T> List<T> twice(List<T> frames) {
        return frames.stream().flatMap(frame -> Stream.of(frame, frame)).toList();
    }

    private static String encoded() {
        var text = new StringBuilder();
        for (var frame : SampleFrames.client()) {
            append(
                    text,
                    "client " + frame.getBodyCase(),
                    FrameCodec.encodePayload(FrameFormat.PROTO, frame),
                    FrameCodec.encodePayload(FrameFormat.JSON, frame),
                    0);
        }
        for (var frame : SampleFrames.server()) {
            var json = encoded(FrameFormat.JSON, frame);
            int header = json[1] == 126 ? 4 : 2;
            append(
                    text,
                    "server " + frame.getBodyCase(),
                    encoded(FrameFormat.PROTO, frame),
                    json,
                    header);
        }
        return text.toString();
    }

    private static byte[] encoded(FrameFormat format, ServerFrame frame) {
        var buffer = FrameCodec.encode(format, frame, UnpooledByteBufAllocator.DEFAULT);
        var bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        assertThat(buffer.release()).isTrue();
        return bytes;
    }

    private static void append(
            StringBuilder text, String title, byte[] proto, byte[] json, int headerBytes) {
        var side = title.substring(0, 6);
        text.append("# ").append(title).append('\n');
        text.append(side).append("-proto ").append(Bytes.copyOf(proto).hex()).append('\n');
        text.append(side)
                .append("-json ")
                .append(
                        new String(
                                json,
                                headerBytes,
                                json.length - headerBytes,
                                StandardCharsets.UTF_8))
                .append("\n\n");
    }

    private static ByteBuf hex(String line) {
        return Unpooled.wrappedBuffer(Bytes.ofHex(line.substring(line.indexOf(' ') + 1)).toArray());
    }

    private static ByteBuf text(String line) {
        return Unpooled.copiedBuffer(line.substring(line.indexOf(' ') + 1), StandardCharsets.UTF_8);
    }
}
