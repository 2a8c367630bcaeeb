package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lockstep.auth.ClientId;
import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Deliveries are encrypted outside Netty's TLS handler, answers by it. Both form one stream of
/// records.
final class TlsDeliveryTest {
    private static final long SEED = 1123;
    private static final int ROUNDS = 3;
    private static final int IN_A_ROUND = 20;
    private static final int BROADCASTS = 40;
    private static final List<String> SESSIONS =
            List.of("bob/phone", "bob/laptop", "carol/phone", "dave/phone", "eve/phone");

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

    /// Records of several connections are adjacent in one buffer and sent by one system call. Each
    /// must go to its own connection, encrypted with that connection's key and sequence number.
    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL"})
    void connectionsOnOneRingGetTheirOwnRecords(SslProvider provider) throws Exception {
        assumeTrue(provider == SslProvider.JDK || OpenSsl.isAvailable());
        assumeTrue(Epoll.isAvailable() && WritePathChoice.AUTO.settled() == WritePathChoice.RING);
        var keys = SelfSignedKeys.in(folder);
        var random = new Random(SEED);
        var connections = new ArrayList<RawConnection>();
        try (var log = LogCapture.open()) {
            try (var server =
                    TestServer.start(
                            TestServer.Setup.DEFAULT.withSettings(s ->
                                    onOneLoop(s, SelfSignedKeys.serverContext(keys, provider))))) {
                var writer = GroupWriter.create(server.log);
                writer.append(adding(server, writer, SESSIONS));
                for (var client : SESSIONS) {
                    var connection = new RawConnection(server, SelfSignedKeys.clientSockets(keys));
                    connections.add(connection);
                    assertThat(connection.upgrade("lockstep.v1.proto")).startsWith("HTTP/1.1 101 ");
                    attach(connection, client, writer.group());
                }
                int sent = 0;
                for (int round = 0; round < BROADCASTS; round++) {
                    var batch = new ArrayList<NewEntry>();
                    int joined = round % 2 == 0 ? 1 : 2 + random.nextInt(10);
                    for (int i = 0; i < joined; i++) {
                        batch.add(writer.application("m".repeat(1 + random.nextInt(5_000)) + i));
                    }
                    writer.append(batch);
                    sent += joined;
                    for (var connection : connections) {
                        assertArrive(connection, batch);
                    }
                }
                // Each broadcast went to all of them in one pass.
                double deliveries = (double) sent * SESSIONS.size();
                Awaitility.await()
                        .untilAsserted(() ->
                                assertThat(server.count("lockstep.fanout.passes"))
                                        .isEqualTo(BROADCASTS));
                assertThat(server.count("lockstep.fanout.deliveries")).isEqualTo(deliveries);
            } finally {
                for (var connection : connections) {
                    connection.close();
                }
            }
            assertThat(log.troubles()).isEmpty();
        }
    }

    private static GatewaySettings onOneLoop(GatewaySettings settings, SslContext tls) {
        return new GatewaySettings(
                settings.bind(),
                TransportChoice.EPOLL,
                1,
                settings.congestionControl(),
                Optional.of(tls),
                settings.browsers(),
                settings.addresses(),
                settings.policyDefault(),
                settings.limits());
    }

    private static NewEntry adding(TestServer server, GroupWriter writer, List<String> clients) {
        var added = new HashMap<MemberId, UserPseudonym>();
        for (var client : clients) {
            var id = ClientId.parse(client);
            added.put(
                    server.pseudonyms.member(writer.group(), id),
                    server.pseudonyms.owner(writer.group(), id.user()));
        }
        return writer.bundle("commit", new RosterDelta(added, Set.of()), Bytes.EMPTY, Bytes.EMPTY);
    }

    private static void attach(RawConnection connection, String client, GroupId group)
            throws Exception {
        send(connection, f -> f.setHello(Hello.newBuilder().setToken("dev:" + client)));
        var cursor = Cursor.newBuilder().setGroupId(group.bytes().asByteString());
        send(connection, f -> f.setRequestId(1).setAttach(Attach.newBuilder().setCursor(cursor)));
        await(connection, ServerFrame::hasLive);
    }

    private static void assertArrive(RawConnection connection, List<NewEntry> batch)
            throws Exception {
        var deliveries = new ArrayList<Delivery>();
        while (deliveries.size() < batch.size()) {
            read(connection).stream()
                    .filter(ServerFrame::hasDelivery)
                    .forEach(frame -> deliveries.add(frame.getDelivery()));
        }
        for (int i = 0; i < batch.size(); i++) {
            var entry = batch.get(i).entry();
            assertThat(deliveries.get(i).getPosition()).isEqualTo(entry.position());
            assertThat(deliveries.get(i).getMessage().toByteArray())
                    .as("seed %d", SEED)
                    .isEqualTo(entry.message().toArray());
        }
        assertThat(deliveries).hasSameSizeAs(batch);
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
            // Frames before it are irrelevant here.
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
