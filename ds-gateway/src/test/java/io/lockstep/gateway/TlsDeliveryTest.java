package io.lockstep.gateway;

import static io.lockstep.gateway.MlsBytes.application;
import static io.lockstep.gateway.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Deliveries are sealed past Netty's TLS handler, answers by it: one stream of records all the same.
final class TlsDeliveryTest {
    private static final long SEED = 1123;
    private static final int ROUNDS = 3;
    private static final int IN_A_ROUND = 20;

    @TempDir private Path folder;

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL"})
    void deliveriesAndAnswersShareOneStreamAlsoWhenTheClientReadsLate(SslProvider provider)
            throws Exception {
        assumeTrue(provider == SslProvider.JDK || OpenSsl.isAvailable());
        var keys = SelfSignedKeys.in(folder);
        var random = new Random(SEED);
        try (var log = LogCapture.open()) {
            try (var server =
                            TestServer.start(
                                    TestServer.Setup.DEFAULT.withSettings(s ->
                                            s.withTls(
                                                    SelfSignedKeys.serverContext(
                                                            keys, provider))));
                    var alice = new RawConnection(server, SelfSignedKeys.clientSockets(keys))) {
                alice.receiveBuffer(32 * 1024);
                assertThat(alice.upgrade("lockstep.v1.proto")).startsWith("HTTP/1.1 101 ");
                send(alice, f -> f.setHello(Hello.newBuilder().setToken("dev:alice/phone")));
                var id = group("g").bytes().asByteString();
                send(alice, f -> f.setRequestId(1).setCreate(Create.newBuilder().setGroupId(id)));
                await(alice, ServerFrame::hasAccepted);
                send(
                        alice,
                        f ->
                                f.setRequestId(2)
                                        .setAttach(
                                                Attach.newBuilder()
                                                        .setCursor(
                                                                Cursor.newBuilder()
                                                                        .setGroupId(id))));
                await(alice, ServerFrame::hasLive);
                long position = 0;
                for (int round = 0; round < ROUNDS; round++) {
                    var sent = new ArrayList<byte[]>();
                    for (int i = 0; i < IN_A_ROUND; i++) {
                        var message =
                                application(group("g"), 0, "x".repeat(random.nextInt(60_000)));
                        sent.add(message.toArray());
                        send(
                                alice,
                                f ->
                                        f.setRequestId(3)
                                                .setSend(
                                                        Send.newBuilder()
                                                                .setMessage(
                                                                        message.asByteString())));
                    }
                    position = assertRoundArrives(alice, sent, position);
                }
            }
            assertThat(log.troubles()).isEmpty();
        }
    }

    private static long assertRoundArrives(RawConnection alice, List<byte[]> sent, long before)
            throws Exception {
        int answers = 0;
        int deliveries = 0;
        while (answers < sent.size() || deliveries < sent.size()) {
            for (var frame : read(alice)) {
                if (frame.hasAccepted()) {
                    answers++;
                } else if (frame.hasDelivery()) {
                    assertThat(frame.getDelivery().getPosition())
                            .as("seed %d", SEED)
                            .isEqualTo(before + deliveries + 1);
                    assertThat(frame.getDelivery().getMessage().toByteArray())
                            .as("seed %d", SEED)
                            .isEqualTo(sent.get(deliveries));
                    deliveries++;
                }
            }
        }
        return before + deliveries;
    }

    private static void await(RawConnection alice, Predicate<ServerFrame> wanted) throws Exception {
        while (read(alice).stream().noneMatch(wanted)) {
            // What comes before it is of no interest here.
        }
    }

    private static void send(RawConnection alice, Consumer<ClientFrame.Builder> body)
            throws Exception {
        var frame = ClientFrame.newBuilder();
        body.accept(frame);
        alice.send(
                RawConnection.frame(
                        0x82, FrameCodec.encodePayload(FrameFormat.PROTO, frame.build())));
    }

    private static List<ServerFrame> read(RawConnection alice) throws Exception {
        assertThat(alice.read()).isEqualTo(0x82);
        int length = alice.read();
        if (length == 126) {
            length = Unpooled.wrappedBuffer(alice.read(2)).readUnsignedShort();
        } else if (length == 127) {
            length = (int) Unpooled.wrappedBuffer(alice.read(8)).readLong();
        }
        return FrameCodec.decodeServer(
                FrameFormat.PROTO, Unpooled.wrappedBuffer(alice.read(length)));
    }
}
