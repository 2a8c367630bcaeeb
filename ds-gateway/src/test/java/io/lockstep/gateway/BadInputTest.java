package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.Send;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Malformed input of every kind: the sender gets a clear code, no other client is affected, and no
/// exception is logged. After every test another session, opened before it, must still work. Tests
/// that wait for the end of a lingering connection run concurrently.
final class BadInputTest {
    private static final GroupId GROUP = group("bystanders");

    private final LogCapture log = LogCapture.open();
    private final TestServer server = TestServer.start();
    private TestClient bystander = openBystander();

    private TestClient openBystander() {
        try {
            var client = TestClient.open(server, "bystander/phone");
            client.accepted(client.create(GROUP));
            return client;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void bystanderReads() throws Exception {
        bystander.attach(GROUP);
        bystander.await(f -> f.hasLive());
    }

    @AfterEach
    void othersGoOnAndTheLogIsQuiet() throws Exception {
        bystander.accepted(bystander.message(application(GROUP, 0, "still here")));
        bystander.await(f -> f.hasDelivery());
        assertThat(bystander.isClosed()).isFalse();
        bystander.close();
        server.close();
        assertThat(log.troubles()).isEmpty();
        log.close();
    }

    private TestClient connect() {
        return TestClient.connect(server, FrameFormat.PROTO);
    }

    private TestClient open() throws Exception {
        return TestClient.open(server, "mallory/laptop");
    }

    private static byte[] encoded(ClientFrame.Builder frame) {
        return FrameCodec.encodePayload(FrameFormat.PROTO, frame.build());
    }

    // The WebSocket message

    // PROTOCOL R-WIRE-11
    @Test
    void aTruncatedFrameClosesTheConnection() throws Exception {
        try (var client = open()) {
            var whole = encoded(ClientFrame.newBuilder().setPong(Pong.newBuilder().setNonce(300)));
            client.sendBinary(Arrays.copyOf(whole, whole.length - 1));
            client.assertClosed(Code.MALFORMED_FRAME);
        }
    }

    // PROTOCOL R-WIRE-11
    @Test
    void garbageClosesTheConnection() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 20; i++) {
            try (var client = connect()) {
                var garbage = new byte[1 + random.nextInt(2_000)];
                random.nextBytes(garbage);
                client.sendBinary(garbage);
                assertThat(client.closeStatus())
                        .as("seed %d, round %d", seed, i)
                        .isIn(Code.MALFORMED_FRAME.number(), Code.HELLO_EXPECTED.number());
            }
        }
    }

    // PROTOCOL R-WIRE-8 R-WIRE-11
    @Test
    void anEmptyMessageClosesTheConnection() throws Exception {
        try (var client = open()) {
            client.sendBinary(new byte[0]);
            client.assertClosed(Code.MALFORMED_FRAME);
        }
    }

    // PROTOCOL R-WIRE-9 R-WIRE-11
    @Test
    void aFrameWithoutABodyClosesTheConnection() throws Exception {
        try (var client = open()) {
            client.sendBinary(encoded(ClientFrame.newBuilder().setRequestId(7)));
            client.assertClosed(Code.MALFORMED_FRAME);
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void anOversizedMessageClosesTheConnection() throws Exception {
        try (var client = open()) {
            try {
                client.sendBinary(new byte[SessionLimits.DEFAULT.frameBytesMax() + 1]);
            } catch (java.util.concurrent.CompletionException e) {
                // The server need not read it to the end.
            }
            client.assertClosed(Code.FRAME_TOO_LARGE);
        }
    }

    // PROTOCOL R-ARRIVE-3
    /// Two megabytes of empty `resume` entries became a million objects, before any authentication.
    @Test
    void aFirstMessageLargerThanAnyHelloClosesTheConnection() throws Exception {
        try (var client = connect()) {
            client.sendBinary(new byte[SessionLimits.HELLO_BYTES_MAX + 1]);
            client.assertClosed(Code.FRAME_TOO_LARGE);
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void anOversizedMessageInFragmentsClosesTheConnection() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.upgrade("lockstep.v1.proto");
            var half = new byte[SessionLimits.DEFAULT.frameBytesMax() / 2 + 1];
            raw.send(RawConnection.frame(0x02, half));
            raw.send(RawConnection.frame(0x80, half));
            assertThat(closeStatus(raw)).isEqualTo(Code.FRAME_TOO_LARGE.number());
        }
    }

    // PROTOCOL R-WIRE-12
    @Test
    void textInsteadOfBinaryClosesTheConnection() throws Exception {
        try (var client = open()) {
            client.sendText("{}");
            client.assertClosed(Code.WRONG_FRAME_TYPE);
        }
    }

    // PROTOCOL R-WIRE-12
    @Test
    void binaryInsteadOfTextClosesTheConnection() throws Exception {
        try (var client = TestClient.connect(server, FrameFormat.JSON)) {
            client.sendBinary(new byte[] {1});
            client.assertClosed(Code.WRONG_FRAME_TYPE);
        }
    }

    // PROTOCOL R-WIRE-11 R-WIRE-13
    @Test
    void brokenJsonClosesTheConnection() throws Exception {
        try (var client = TestClient.connect(server, FrameFormat.JSON)) {
            client.sendText("{\"hello\":");
            client.assertClosed(Code.MALFORMED_FRAME);
        }
    }

    @Test
    void textThatIsNotUtf8ClosesTheConnection() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.upgrade("lockstep.v1.json");
            raw.send(RawConnection.frame(0x81, new byte[] {(byte) 0xc3, 0x28}));
            assertThat(closeStatus(raw)).isEqualTo(Code.MALFORMED_FRAME.number());
        }
    }

    // PROTOCOL R-WIRE-5
    @Test
    void anUnmaskedFrameClosesTheConnection() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.upgrade("lockstep.v1.proto");
            raw.send(new byte[] {(byte) 0x82, 1, 0});
            assertThat(closeStatus(raw)).isEqualTo(1002);
        }
    }

    @Test
    void anUnknownOpcodeClosesTheConnection() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.upgrade("lockstep.v1.proto");
            raw.send(RawConnection.frame(0x83, new byte[] {1}));
            assertThat(closeStatus(raw)).isEqualTo(1002);
        }
    }

    private static int closeStatus(RawConnection raw) throws Exception {
        assertThat(raw.read()).isEqualTo(0x88);
        int length = raw.read();
        var payload = raw.read(length);
        return (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
    }

    // The order of frames

    // PROTOCOL R-LIFE-1
    @Test
    void aFrameBeforeHelloClosesTheConnection() throws Exception {
        try (var client = connect()) {
            client.create(group("early"));
            client.assertClosed(Code.HELLO_EXPECTED);
        }
    }

    // PROTOCOL R-LIFE-1
    @Test
    void aSecondHelloClosesTheConnection() throws Exception {
        try (var client = open()) {
            client.hello("dev:mallory/laptop");
            client.assertClosed(Code.HELLO_EXPECTED);
        }
    }

    // PROTOCOL R-TOKEN-3 R-LIFE-15
    @Test
    void aTokenThatDoesNotHoldClosesTheConnection() throws Exception {
        try (var client = connect()) {
            client.hello("dev:nobody");
            client.assertClosed(Code.UNAUTHENTICATED, "unauthenticated: not_a_development_token");
        }
    }

    // The MLS message

    @Test
    void aTruncatedMlsMessageIsRefused() throws Exception {
        try (var client = open()) {
            var whole = application(GROUP, 0, "hello");
            client.assertRefused(
                    client.message(whole.slice(0, whole.size() - 1)), Code.MALFORMED_MESSAGE);
            client.assertRefused(client.message(Bytes.EMPTY), Code.MALFORMED_MESSAGE);
        }
    }

    // PROTOCOL R-STRICT-1
    @Test
    void trailingBytesAreRefused() throws Exception {
        try (var client = open()) {
            var longer = Bytes.ofHex(application(GROUP, 0, "hello").hex() + "00");
            client.assertRefused(client.message(longer), Code.MALFORMED_MESSAGE);
        }
    }

    // PROTOCOL R-STRICT-1
    @Test
    void aLengthNotInItsShortestFormIsRefused() throws Exception {
        try (var client = open()) {
            // RFC 9420 §2.1.2: the group id's length 0a as 400a.
            var minimal = application(GROUP, 0, "hello").hex();
            var longer = minimal.replaceFirst("^(00010002)0a", "$1400a");
            assertThat(longer).isNotEqualTo(minimal);
            client.assertRefused(client.message(Bytes.ofHex(longer)), Code.MALFORMED_MESSAGE);
        }
    }

    @Test
    void anotherVersionOfMlsIsRefused() throws Exception {
        try (var client = open()) {
            var other = Bytes.ofHex("0002" + application(GROUP, 0, "x").hex().substring(4));
            client.assertRefused(client.message(other), Code.UNSUPPORTED_VERSION);
        }
    }

    @Test
    void anOversizedMlsMessageIsRefused() throws Exception {
        try (var client = open()) {
            int max = SessionLimits.DEFAULT.messageBytesMax();
            client.assertRefused(
                    client.message(application(GROUP, 0, "x".repeat(max))), Code.MESSAGE_TOO_LARGE);
        }
    }

    // PROTOCOL R-SEND-3 R-SEND-4
    @Test
    void aMessageOfTheWrongKindIsRefused() throws Exception {
        try (var client = open()) {
            client.assertRefused(client.message(commit(GROUP, 0, "c")), Code.WRONG_MESSAGE_KIND);
            client.assertRefused(
                    client.commit(application(GROUP, 0, "a")), Code.WRONG_MESSAGE_KIND);
            client.assertRefused(
                    client.message(MlsBytes.groupInfo(GROUP, 0)), Code.WRONG_MESSAGE_KIND);
            client.assertRefused(
                    client.send(f ->
                            f.setSend(
                                    Send.newBuilder()
                                            .setEphemeral(true)
                                            .setMessage(
                                                    MlsBytes.proposal(GROUP, 0, "p")
                                                            .asByteString()))),
                    Code.WRONG_MESSAGE_KIND);
        }
    }

    @Test
    void anUnknownGroupIsRefused() throws Exception {
        try (var client = open()) {
            client.assertRefused(
                    client.message(application(group("nowhere"), 0, "x")), Code.UNKNOWN_GROUP);
            client.assertRefused(client.attach(group("nowhere")), Code.UNKNOWN_GROUP);
        }
    }

    @Test
    void anEpochOfTheFutureIsRefused() throws Exception {
        bystander.assertRefused(
                bystander.message(application(GROUP, 5, "x")), Code.EPOCH_FROM_THE_FUTURE);
        bystander.assertRefused(
                bystander.commit(commit(GROUP, 1, "x")), Code.EPOCH_FROM_THE_FUTURE);
    }

    // PROTOCOL R-FRAME-5 R-FRAME-7
    @Test
    void aGroupIdOfNoOrTooManyBytesIsRefused() throws Exception {
        try (var client = open()) {
            client.assertRefused(
                    client.send(f -> f.setCreate(Create.getDefaultInstance())),
                    Code.INVALID_REQUEST);
            client.assertRefused(
                    client.send(f ->
                            f.setCreate(
                                    Create.newBuilder()
                                            .setGroupId(ByteString.copyFrom(new byte[256])))),
                    Code.INVALID_REQUEST);
        }
    }

    // HTTP

    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void headersOf100KilobytesAreRefused() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send("GET /v1/ws HTTP/1.1\r\nHost: x\r\nX-Long: ");
            try {
                raw.send("x".repeat(100_000) + "\r\n\r\n");
            } catch (java.io.IOException e) {
                // The server may close before it has read everything.
            }
            var answer = raw.rest();
            assertThat(answer).startsWith("HTTP/1.1 431 ").contains("\"code\":\"invalid_request\"");
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void aRequestLineOf100KilobytesIsRefused() throws Exception {
        try (var raw = new RawConnection(server)) {
            try {
                raw.send("GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n\r\n");
            } catch (java.io.IOException e) {
                // The server may close before it has read everything.
            }
            assertThat(raw.rest()).startsWith("HTTP/1.1 414 ");
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void bytesThatAreNotHttpAreRefused() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send("\u0016\u0003\u0001 hello this is not http\r\n\r\n");
            assertThat(raw.rest()).startsWith("HTTP/1.1 400 ");
        }
    }

    // PROTOCOL R-WIRE-2
    @Test
    void anUnknownSubprotocolIsRefused() throws Exception {
        try (var raw = new RawConnection(server)) {
            assertThat(raw.upgrade("chat.v9")).startsWith("HTTP/1.1 400 ");
            assertThat(raw.rest()).contains("\"code\":\"invalid_request\"");
        }
    }

    // PROTOCOL R-WIRE-1
    @Test
    void aPlainRequestForTheWebSocketIsRefused() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send("GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assertThat(raw.rest())
                    .startsWith("HTTP/1.1 400 ")
                    .contains("\"code\":\"invalid_request\"");
        }
    }

    @Test
    void aResetConnectionIsSilent() throws Exception {
        for (int i = 0; i < 10; i++) {
            try (var raw = new RawConnection(server)) {
                raw.upgrade("lockstep.v1.proto");
                raw.send(RawConnection.frame(0x82, "half a fra".getBytes(StandardCharsets.UTF_8)));
                raw.reset();
            }
            try (var raw = new RawConnection(server)) {
                raw.send("GET /livez HT");
                raw.reset();
            }
        }
    }
}
