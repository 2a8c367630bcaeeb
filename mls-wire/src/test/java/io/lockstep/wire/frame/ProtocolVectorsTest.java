package io.lockstep.wire.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Accepted;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.GoAway;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.Limits;
import io.lockstep.wire.proto.Live;
import io.lockstep.wire.proto.Ping;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Retry;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Creates the vectors of docs/vectors, which are for authors of clients, and compares them with
/// the files. After an intended change of the protocol, the system property
/// `lockstep.vectors.write` makes it write them:
/// `./mvnw test -pl mls-wire -Dlockstep.vectors.write=true`.
final class ProtocolVectorsTest {
    /// The system property with which a test writes its file.
    static final String WRITE = "lockstep.vectors.write";

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("a group".getBytes(StandardCharsets.US_ASCII)));
    private static final Bytes INCARNATION = Bytes.ofHex("000102030405060708090a0b0c0d0e0f");
    private static final long ACCEPTED_AT = 1_764_547_200_000L;

    @Test
    void headChain() throws IOException {
        var entries = new ArrayList<Map<String, Object>>();
        var head = HeadHash.first(GROUP, INCARNATION);
        var first = head.hex();
        var kinds = List.of(Kind.KIND_APPLICATION, Kind.KIND_PROPOSAL, Kind.KIND_COMMIT);
        for (int position = 1; position <= 6; position++) {
            var kind = kinds.get((position - 1) % 3);
            var message = message(0, contentType(kind), position);
            head = HeadHash.next(head, GROUP, position, kind.getNumber(), message.sha256());
            var entry = new LinkedHashMap<String, Object>();
            entry.put("position", position);
            entry.put("kind", kind.getNumber());
            entry.put("message", message.hex());
            entry.put("head", head.hex());
            entries.add(entry);
        }
        var vector = new LinkedHashMap<String, Object>();
        vector.put("group_id", GROUP.bytes().hex());
        vector.put("incarnation", INCARNATION.hex());
        vector.put("head_0", first);
        vector.put("entries", entries);
        compare("head-chain.json", vector);
    }

    @Test
    void delimitedFrames() throws IOException {
        var frames = new ArrayList<Map<String, Object>>();
        for (var frame : SampleFrames.client()) {
            frames.add(step("client", frame.getBodyCase().name(), proto(frame), json(frame)));
        }
        for (var frame : SampleFrames.server()) {
            frames.add(step("server", frame.getBodyCase().name(), proto(frame), json(frame)));
        }
        compare("frames.json", Map.of("frames", frames));
    }

    /// A client creates a group, attaches, sends a message and two commits of one epoch. The second
    /// commit loses.
    @Test
    void session() throws IOException {
        var steps = new ArrayList<Map<String, Object>>();
        var hello = ClientFrame.newBuilder();
        hello.setHello(Hello.newBuilder().setToken("dev:alice/laptop").setAgent("example/1"));
        client(steps, hello);
        var ready = ServerFrame.newBuilder();
        ready.getReadyBuilder()
                .setClient("alice/laptop")
                .setLimits(
                        Limits.newBuilder()
                                .setFrameBytesMax(2_097_152)
                                .setMessageBytesMax(1_048_576)
                                .setSubmissionsInFlightMax(64)
                                .setPingIntervalMillis(30_000)
                                .setAttachedGroupsMax(10_000)
                                .setBlobBytesMax(67_108_864)
                                .setWelcomeBytesMax(2_097_152));
        server(steps, ready);

        var create = ClientFrame.newBuilder().setRequestId(1);
        create.setCreate(Create.newBuilder().setGroupId(id()));
        client(steps, create);
        var head = HeadHash.first(GROUP, INCARNATION);
        server(steps, accepted(1, 0, head, 0));

        var attach = ClientFrame.newBuilder().setRequestId(2);
        attach.setAttach(
                Attach.newBuilder().setCursor(Cursor.newBuilder().setGroupId(id())).setWindow(16));
        client(steps, attach);
        var live = ServerFrame.newBuilder().setRequestId(2);
        live.setLive(
                Live.newBuilder()
                        .setGroupId(id())
                        .setIncarnation(string(INCARNATION))
                        .setHead(string(head)));
        server(steps, live);

        var text = message(0, 1, 1);
        var send = ClientFrame.newBuilder().setRequestId(3);
        send.setSend(Send.newBuilder().setMessage(string(text)));
        client(steps, send);
        head = HeadHash.next(head, GROUP, 1, Kind.KIND_APPLICATION_VALUE, text.sha256());
        server(steps, accepted(3, 1, head, 0));
        server(steps, delivery(1, Kind.KIND_APPLICATION, 0, text));

        var commitMessage = message(0, 3, 2);
        var commit = ClientFrame.newBuilder().setRequestId(4);
        commit.setCommit(Commit.newBuilder().setMessage(string(commitMessage)).setKnownPosition(1));
        client(steps, commit);
        head = HeadHash.next(head, GROUP, 2, Kind.KIND_COMMIT_VALUE, commitMessage.sha256());
        server(steps, accepted(4, 2, head, 1));
        server(steps, delivery(2, Kind.KIND_COMMIT, 0, commitMessage));

        var late = message(0, 3, 3);
        var loser = ClientFrame.newBuilder().setRequestId(5);
        loser.setCommit(Commit.newBuilder().setMessage(string(late)).setKnownPosition(1));
        client(steps, loser);
        var refused = ServerFrame.newBuilder().setRequestId(5);
        refused.setRefused(
                Refused.newBuilder()
                        .setCode("epoch_conflict")
                        .setDetail("another commit came first")
                        .setRetry(Retry.RETRY_AFTER_REBASE)
                        .setGroupId(id())
                        .setIncarnation(string(INCARNATION))
                        .setEpoch(1)
                        .setPosition(2)
                        .setHead(string(head))
                        .addMissed(delivered(2, Kind.KIND_COMMIT, 0, commitMessage))
                        .setMissedAll(true));
        server(steps, refused);

        client(
                steps,
                ClientFrame.newBuilder().setAck(Ack.newBuilder().setGroupId(id()).setPosition(2)));
        server(steps, ServerFrame.newBuilder().setPing(Ping.newBuilder().setNonce(7)));
        client(steps, ClientFrame.newBuilder().setPong(Pong.newBuilder().setNonce(7)));
        server(
                steps,
                ServerFrame.newBuilder()
                        .setGoAway(
                                GoAway.newBuilder()
                                        .setCode("going_away")
                                        .setReconnectAfterMillis(1_500)));
        compare("session.json", Map.of("steps", steps));
    }

    /// A PrivateMessage (RFC 9420 §6.3) whose ciphertexts are a pattern, not encrypted content.
    private static Bytes message(long epoch, int contentType, int seed) {
        var target = Unpooled.buffer().writeShort(1).writeShort(2);
        TlsWriter.writeOpaque(target, GROUP.bytes());
        target.writeLong(epoch).writeByte(contentType);
        TlsWriter.writeOpaque(target, Bytes.EMPTY);
        TlsWriter.writeOpaque(target, pattern(seed, 12));
        TlsWriter.writeOpaque(target, pattern(seed + 1, 24));
        return Bytes.copyOf(target, 0, target.writerIndex());
    }

    private static Bytes pattern(int seed, int size) {
        var bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (seed * 17 + i);
        }
        return Bytes.wrap(bytes);
    }

    private static int contentType(Kind kind) {
        return kind.getNumber();
    }

    private static ServerFrame.Builder accepted(
            long request, long position, Bytes head, long epoch) {
        return ServerFrame.newBuilder()
                .setRequestId(request)
                .setAccepted(
                        Accepted.newBuilder()
                                .setGroupId(id())
                                .setIncarnation(string(INCARNATION))
                                .setPosition(position)
                                .setHead(string(head))
                                .setEpoch(epoch));
    }

    private static ServerFrame.Builder delivery(
            long position, Kind kind, long epoch, Bytes message) {
        return ServerFrame.newBuilder().setDelivery(delivered(position, kind, epoch, message));
    }

    private static Delivery delivered(long position, Kind kind, long epoch, Bytes message) {
        return Delivery.newBuilder()
                .setGroupId(id())
                .setPosition(position)
                .setKind(kind)
                .setEpoch(epoch)
                .setAcceptedAtMillis(ACCEPTED_AT + position)
                .setMessage(string(message))
                .build();
    }

    private static ByteString id() {
        return string(GROUP.bytes());
    }

    private static ByteString string(Bytes bytes) {
        return ByteString.copyFrom(bytes.toArray());
    }

    private static void client(List<Map<String, Object>> steps, ClientFrame.Builder builder) {
        var frame = builder.build();
        steps.add(step("client", frame.getBodyCase().name(), proto(frame), json(frame)));
    }

    private static void server(List<Map<String, Object>> steps, ServerFrame.Builder builder) {
        var frame = builder.build();
        steps.add(step("server", frame.getBodyCase().name(), proto(frame), json(frame)));
    }

    private static Map<String, Object> step(String from, String name, byte[] proto, byte[] json) {
        var step = new LinkedHashMap<String, Object>();
        step.put("from", from);
        step.put("frame", name.toLowerCase(Locale.ROOT));
        step.put("proto", Bytes.copyOf(proto).hex());
        step.put("json", new String(json, StandardCharsets.UTF_8));
        return step;
    }

    private static byte[] proto(ClientFrame frame) {
        return FrameCodec.encodePayload(FrameFormat.PROTO, frame);
    }

    private static byte[] json(ClientFrame frame) {
        return FrameCodec.encodePayload(FrameFormat.JSON, frame);
    }

    private static byte[] proto(ServerFrame frame) {
        return payload(FrameFormat.PROTO, frame);
    }

    private static byte[] json(ServerFrame frame) {
        return payload(FrameFormat.JSON, frame);
    }

    /// The payload of the WebSocket frame: without its header of two or four bytes.
    private static byte[] payload(FrameFormat format, ServerFrame frame) {
        var buffer = FrameCodec.encode(format, frame, UnpooledByteBufAllocator.DEFAULT);
        buffer.skipBytes(buffer.getByte(1) == 126 ? 4 : 2);
        var bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        assertThat(buffer.release()).isTrue();
        return bytes;
    }

    private static void compare(String name, Object vector) throws IOException {
        var root = Path.of(System.getProperty("lockstep.root", ".."));
        var file = root.resolve("docs/vectors").resolve(name);
        var text = JSON.writeValueAsString(vector) + "\n";
        if (Boolean.getBoolean(WRITE)) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        }
        assertThat(Files.readString(file)).isEqualTo(text);
    }
}
