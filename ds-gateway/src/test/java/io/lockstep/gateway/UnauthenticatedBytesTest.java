package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// The bytes that connections hold of incomplete input, before and after authentication.
final class UnauthenticatedBytesTest {
    private static TestServer server(UnaryOperator<ReceiveLimits> change) {
        return TestServer.start(
                TestServer.Setup.DEFAULT.withSettings(s ->
                        s.withLimits(s.limits().withReceive(change.apply(s.limits().receive())))));
    }

    private static byte[] hello(String name) {
        return FrameCodec.encodePayload(
                FrameFormat.PROTO,
                ClientFrame.newBuilder()
                        .setHello(Hello.newBuilder().setToken("dev:" + name))
                        .build());
    }

    private static RawConnection upgraded(TestServer server) throws IOException {
        var raw = new RawConnection(server);
        assertThat(raw.upgrade("lockstep.v1.proto")).startsWith("HTTP/1.1 101 ");
        return raw;
    }

    private static RawConnection open(TestServer server, String name) throws Exception {
        var raw = upgraded(server);
        raw.send(RawConnection.frame(0x82, hello(name)));
        assertThat(raw.read()).isEqualTo(0x82);
        int length = raw.read();
        var frames =
                FrameCodec.decodeServer(
                        FrameFormat.PROTO, Unpooled.wrappedBuffer(raw.read(length)));
        assertThat(frames.getFirst().getBodyCase()).isEqualTo(ServerFrame.BodyCase.READY);
        return raw;
    }

    private static int closeStatus(RawConnection raw) throws IOException {
        int first = raw.read();
        while (first >= 0 && first != 0x88) {
            raw.read(raw.read());
            first = raw.read();
        }
        assertThat(first).isEqualTo(0x88);
        var payload = raw.read(raw.read());
        return (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
    }

    /// One-byte fragments of one message, without its end.
    private static byte[] fragments(int count) {
        var one = RawConnection.frame(0x00, new byte[] {1});
        var all = new byte[count * one.length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return all;
    }

    private static double gauge(TestServer server, String name) {
        return server.meters.get(name).gauge().value();
    }

    // Fragments

    @Test
    void anHonestMessageInFragmentsIsRead() throws Exception {
        try (var server = TestServer.start();
                var raw = upgraded(server)) {
            var hello = hello("alice/phone");
            var out = new ByteArrayOutputStream();
            for (int i = 0; i < hello.length; i++) {
                int first = (i == 0 ? 0x02 : 0x00) | (i == hello.length - 1 ? 0x80 : 0);
                out.writeBytes(RawConnection.frame(first, new byte[] {hello[i]}));
            }
            raw.send(out.toByteArray());
            assertThat(raw.read()).isEqualTo(0x82);
        }
    }

    // PROTOCOL R-ARRIVE-5
    /// 14 MB in one-byte fragments cost 255 MiB of heap: four connections crashed a server.
    @Test
    void fragmentsCostTheirBytesAndNoObjects() throws Exception {
        try (var server = server(l -> l);
                var raw = open(server, "mallory/phone")) {
            raw.send(RawConnection.frame(0x02, new byte[] {1}));
            raw.send(fragments(16_000));
            Awaitility.await()
                    .until(() -> gauge(server, "lockstep.gateway.unfinished.bytes") >= 16_000);
            assertThat(gauge(server, "lockstep.gateway.unfinished.bytes")).isLessThan(100_000);
            raw.send(fragments(1_000));
            assertThat(closeStatus(raw)).isEqualTo(Code.FRAME_TOO_LARGE.number());
            Awaitility.await().until(() -> gauge(server, "lockstep.gateway.unfinished.bytes") == 0);
        }
    }

    // Before authentication

    // PROTOCOL R-ARRIVE-3
    /// The limit applied to complete messages: a message that no client may send could hold 2 MiB.
    @Test
    void aHelloThatAnnouncesTooMuchIsRefusedAtItsHeader() throws Exception {
        try (var server = TestServer.start();
                var raw = upgraded(server)) {
            var frame = RawConnection.frame(0x82, new byte[SessionLimits.HELLO_BYTES_MAX + 1]);
            raw.send(Arrays.copyOf(frame, 14));
            assertThat(closeStatus(raw)).isEqualTo(Code.FRAME_TOO_LARGE.number());
        }
    }

    // PROTOCOL R-ARRIVE-3
    @Test
    void aHelloInFragmentsIsRefusedWhenItBecomesTooLong() throws Exception {
        try (var server = TestServer.start();
                var raw = upgraded(server)) {
            var part = new byte[SessionLimits.HELLO_BYTES_MAX / 4 + 1];
            raw.send(RawConnection.frame(0x02, part));
            for (int i = 0; i < 3; i++) {
                raw.send(RawConnection.frame(0x00, part));
            }
            assertThat(closeStatus(raw)).isEqualTo(Code.FRAME_TOO_LARGE.number());
        }
    }

    // PROTOCOL R-LIFE-3
    /// What follows in the same packet is already a session's message.
    @Test
    void aLongMessageMayFollowTheHelloAtOnce() throws Exception {
        try (var server = TestServer.start();
                var raw = upgraded(server)) {
            var both = new ByteArrayOutputStream();
            both.writeBytes(RawConnection.frame(0x82, hello("alice/phone")));
            both.writeBytes(RawConnection.frame(0x82, new byte[1 << 20]));
            raw.send(both.toByteArray());
            assertThat(raw.read()).isEqualTo(0x82);
            raw.read(raw.read());
            assertThat(closeStatus(raw)).isEqualTo(Code.MALFORMED_FRAME.number());
        }
    }

    @Test
    void unauthenticatedConnectionsOfOneAddressHoldOnlyTheirShare() throws Exception {
        try (var server = server(l -> l.withBytesMax(8 << 20, l.sessionsBytesMax()))) {
            var half = RawConnection.frame(0x82, new byte[SessionLimits.HELLO_BYTES_MAX]);
            var connections = new ArrayList<RawConnection>();
            for (int i = 0; i < 12; i++) {
                var raw = upgraded(server);
                connections.add(raw);
                raw.send(Arrays.copyOf(half, half.length / 2));
            }
            Awaitility.await()
                    .untilAsserted(() ->
                            assertThat(
                                            server.count(
                                                    "lockstep.gateway.session.transitions",
                                                    "reason",
                                                    "too_many_connections"))
                                    .isGreaterThan(4));
            assertThat(gauge(server, "lockstep.gateway.strangers.bytes"))
                    .isLessThanOrEqualTo(1 << 20);
            // A client that sends `hello` at once is not affected.
            try (var honest = TestClient.open(server, "alice/phone")) {
                assertThat(honest.isClosed()).isFalse();
            }
            for (var raw : connections) {
                raw.close();
            }
            Awaitility.await().until(() -> gauge(server, "lockstep.gateway.strangers.bytes") == 0);
        }
    }

    // PROTOCOL R-ARRIVE-4
    @Test
    void aSlowUnauthenticatedSenderIsDisconnected() throws Exception {
        try (var server = server(l -> l.withProgress(Duration.ofMillis(200), 16, 4 << 10));
                var hello = upgraded(server);
                var head = new RawConnection(server);
                var second = new RawConnection(server)) {
            hello.send(Arrays.copyOf(RawConnection.frame(0x82, new byte[1_000]), 100));
            assertThat(closeStatus(hello)).isEqualTo(Code.TOO_SLOW.number());
            head.send("GET /livez HTTP/1.1\r\nHost:");
            assertThat(head.rest()).startsWith("HTTP/1.1 408 ").contains("\"code\":\"too_slow\"");
            second.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HT");
            assertThat(second.rest()).startsWith("HTTP/1.1 200 ").contains("HTTP/1.1 408 ");
        }
    }

    @Test
    void aHeadOfManyFieldsIsRefused() throws Exception {
        try (var server = TestServer.start();
                var raw = new RawConnection(server)) {
            raw.send("GET /livez HTTP/1.1\r\nHost: x\r\n" + "a:\r\n".repeat(1_000) + "\r\n");
            assertThat(raw.rest()).startsWith("HTTP/1.1 431 ");
        }
    }

    // After authentication

    // PROTOCOL R-ARRIVE-6
    /// 480 connections with half a message of 2 MiB each filled direct memory, and no client could
    /// connect.
    @Test
    void halfMessagesOfOneUserStayWithinItsShare() throws Exception {
        try (var server = server(l -> l.withBytesMax(l.unauthenticatedBytesMax(), 64 << 20))) {
            var half = RawConnection.frame(0x82, new byte[2 << 20]);
            var connections = new ArrayList<RawConnection>();
            for (int i = 0; i < 16; i++) {
                var raw = open(server, "mallory/phone" + i);
                connections.add(raw);
                try {
                    raw.send(Arrays.copyOf(half, half.length / 2 + 1_000));
                } catch (IOException e) {
                    // Closed meanwhile.
                }
            }
            Awaitility.await()
                    .untilAsserted(() ->
                            assertThat(
                                            server.count(
                                                    "lockstep.gateway.session.transitions",
                                                    "reason",
                                                    "receive_memory_full"))
                                    .isGreaterThanOrEqualTo(8));
            assertThat(gauge(server, "lockstep.gateway.unfinished.bytes"))
                    .isBetween(1.0, (double) (8 << 20));
            for (var raw : connections) {
                raw.close();
            }
        }
    }

    // PROTOCOL R-ARRIVE-6
    /// The session was opened after it had been closed for that, and nothing closed it again.
    @Test
    void aSessionIsNotOpenedWhereItsUserHasNoRoomForWhatFollowsTheHello() throws Exception {
        try (var server = server(l -> l.withBytesMax(l.unauthenticatedBytesMax(), 100))) {
            var both = new ByteArrayOutputStream();
            both.writeBytes(RawConnection.frame(0x82, hello("mallory/phone")));
            both.writeBytes(Arrays.copyOf(RawConnection.frame(0x82, new byte[1_000]), 500));
            try (var raw = upgraded(server)) {
                raw.send(both.toByteArray());
                assertThat(closeStatus(raw)).isEqualTo(Code.RECEIVE_MEMORY_FULL.number());
            }
            try (var honest = TestClient.open(server, "mallory/phone")) {
                assertThat(honest.isClosed()).isFalse();
            }
            Awaitility.await().untilAsserted(() -> assertThat(sessions(server)).isZero());
            assertThat(gauge(server, "lockstep.gateway.unfinished.bytes")).isZero();
        }
    }

    private static double sessions(TestServer server) {
        return server.meters
                .get("lockstep.gateway.sessions")
                .tag("format", "proto")
                .gauge()
                .value();
    }

    // PROTOCOL R-ARRIVE-4
    @Test
    void aMessageThatArrivesTooSlowlyClosesItsSession() throws Exception {
        try (var server = server(l -> l.withProgress(Duration.ofMillis(200), 16, 4 << 10));
                var raw = open(server, "mallory/phone");
                var honest = TestClient.open(server, "alice/phone")) {
            raw.send(Arrays.copyOf(RawConnection.frame(0x82, new byte[100_000]), 50_000));
            assertThat(closeStatus(raw)).isEqualTo(Code.TOO_SLOW.number());
            assertThat(honest.isClosed()).isFalse();
        }
    }

    // Answers

    // PROTOCOL R-HTTP-10
    /// Four connections with 40,000 requests each and unread responses blocked both event loops.
    @Test
    void theNextRequestIsReadWhenThePreviousResponseIsWritten() throws Exception {
        try (var server = TestServer.start();
                var raw = new RawConnection(server)) {
            var requests =
                    "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n"
                            .repeat(1_000)
                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            var writer =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    for (int i = 0; i < 40; i++) {
                                        raw.send(requests);
                                    }
                                } catch (IOException e) {
                                    // Closed at the end.
                                }
                            });
            Awaitility.await().until(() -> answered(server) > 10);
            // Until nothing changes: the requests whose responses fit the kernel's buffers were
            // answered.
            Awaitility.await()
                    .during(Duration.ofMillis(300))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> answered(server) < 1_000);
            assertThat(raw.head()).startsWith("HTTP/1.1 200 ");
            raw.reset();
            writer.join();
        }
    }

    private static double answered(TestServer server) {
        return server.count(
                "lockstep.gateway.http.requests", "route", "/openapi.yaml", "status", "200");
    }

    // PROTOCOL R-HTTP-10
    @Test
    void fourThousandPipelinedRequestsAreAnsweredInOrder() throws Exception {
        try (var server = TestServer.start();
                var raw = new RawConnection(server)) {
            var writer =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    raw.send(
                                            "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".repeat(4_000)
                                                    + "GET /readyz HTTP/1.1\r\nHost: x\r\n"
                                                    + "Connection: close\r\n\r\n");
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            });
            var all = raw.rest();
            writer.join();
            assertThat(List.of(all.split("HTTP/1.1 200 ", -1))).hasSize(4_002);
            assertThat(all).endsWith("{\"name\":\"ready\",\"status\":\"up\"}]}\n");
        }
    }

    // PROTOCOL R-PING-4
    /// Pings with unread pongs slowed down all clients: each pong was one write.
    @Test
    void onlyTheLastPingOfOneReadIsAnswered() throws Exception {
        try (var server = TestServer.start();
                var raw = upgraded(server)) {
            var pings = new ByteArrayOutputStream();
            for (int i = 0; i < 100; i++) {
                pings.writeBytes(RawConnection.frame(0x89, new byte[] {(byte) i}));
            }
            raw.send(pings.toByteArray());
            int pongs = 0;
            int last = -1;
            while (last != 99) {
                assertThat(raw.read()).isEqualTo(0x8a);
                assertThat(raw.read()).isEqualTo(1);
                last = raw.read();
                pongs++;
            }
            assertThat(pongs).isLessThan(50);
        }
    }

    /// The client's close frame cut off queued bytes, including the server's own close frame.
    @Test
    void aClientThatClosesAfterItsFaultStillGetsTheCode() throws Exception {
        try (var server = TestServer.start();
                var raw = open(server, "alice/phone")) {
            var both = new ByteArrayOutputStream();
            both.writeBytes(RawConnection.frame(0x82, new byte[] {1}));
            both.writeBytes(RawConnection.frame(0x88, new byte[] {3, (byte) 0xe8}));
            raw.send(both.toByteArray());
            assertThat(closeStatus(raw)).isEqualTo(Code.MALFORMED_FRAME.number());
            assertThat(raw.rest()).isEmpty();
        }
    }

    @Test
    void aHeadRequestIsAnsweredWithoutContent() throws Exception {
        try (var server = TestServer.start();
                var raw = new RawConnection(server)) {
            raw.send("HEAD /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assertThat(raw.rest()).startsWith("HTTP/1.1 405 ").endsWith("\r\n\r\n");
        }
    }

    /// The end of the response closed the connection while its bytes were still being decoded, and
    /// they were counted afterwards. After two thousand such requests no head of that address
    /// fitted the budget.
    @Test
    void noBytesStayCountedAfterTheConnectionCloses() throws Exception {
        try (var server = TestServer.start()) {
            for (int i = 0; i < 10; i++) {
                try (var raw = new RawConnection(server)) {
                    raw.send(
                            "GET /nope HTTP/1.1\r\nHost: x\r\nx: %s\r\n\r\nGET /more"
                                    .formatted("y".repeat(3_000)));
                    assertThat(raw.rest()).startsWith("HTTP/1.1 404 ");
                }
            }
            Awaitility.await().until(() -> gauge(server, "lockstep.gateway.strangers.bytes") == 0);
        }
    }

    @Test
    void anAnsweredHeadIsNotCountedWhileTheConnectionIsIdle() throws Exception {
        try (var server = TestServer.start();
                var raw = new RawConnection(server)) {
            raw.send(
                    "GET /livez HTTP/1.1\r\nHost: x\r\nx: %s\r\n\r\n".formatted("y".repeat(3_000)));
            assertThat(raw.head()).startsWith("HTTP/1.1 200 ");
            Awaitility.await().until(() -> gauge(server, "lockstep.gateway.strangers.bytes") == 0);
        }
    }

    /// Each frame caused a store command at once.
    @Test
    void acknowledgementsHaveARate() throws Exception {
        try (var server = TestServer.start();
                var mallory = TestClient.open(server, "mallory/phone")) {
            long first = 0;
            for (int i = 0; i < 2_000; i++) {
                long sent =
                        mallory.send(f ->
                                f.setInboxAck(
                                        InboxAck.newBuilder()
                                                .addId(ByteString.copyFrom(new byte[16]))));
                first = first == 0 ? sent : first;
            }
            mallory.assertRefused(first, Code.NOT_YOURS);
            var limited =
                    mallory.await(f ->
                            f.hasRefused()
                                    && f.getRefused()
                                            .getCode()
                                            .equals(Code.RATE_LIMITED.wireName()));
            assertThat(limited.getRefused().getRetryAfterMillis()).isPositive();
        }
    }

    @Test
    void transferEncodingInHttp10IsRefused() throws Exception {
        try (var server = TestServer.start();
                var raw = new RawConnection(server)) {
            raw.send(
                    "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
            assertThat(raw.rest()).startsWith("HTTP/1.1 400 ");
        }
    }
}
