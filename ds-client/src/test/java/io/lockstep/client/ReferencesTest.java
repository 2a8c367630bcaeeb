package io.lockstep.client;

import static io.lockstep.client.FakeServer.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Inbox;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Deliveries by reference while the blob store fails.
@Timeout(30)
class ReferencesTest {
    private static final GroupId ROOM = new GroupId(utf8("room"));
    private static final Bytes INCARNATION = Bytes.ofHex("000102030405060708090a0b0c0d0e0f");
    private static final Bytes LONG = utf8("a long message");

    /// More failures than the retries of one fetch.
    private static final int FAILURES = 9;

    private final FakeServer server = new FakeServer(FrameFormat.PROTO);
    private final ClientNetwork network = ClientNetwork.start(1);
    private final BlockingQueue<ClientEvent> events = new LinkedBlockingQueue<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile int failures;
    private volatile Bytes blob = LONG;
    private HttpServer blobs;
    private LockstepClient client;
    private FakeServer.FakeSession session;

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @BeforeEach
    void attach() throws IOException {
        blobs = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        blobs.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        int count = asked.incrementAndGet();
                        if (count <= failures && count % 2 == 0) {
                            // Closes the connection without a response.
                            return;
                        }
                        var answer =
                                count <= failures
                                        ? utf8("{\"code\":\"unavailable\"}")
                                        : blob.isEmpty()
                                                ? utf8("{\"code\":\"unknown_reference\"}")
                                                : blob;
                        int status = count <= failures ? 503 : blob.isEmpty() ? 404 : 200;
                        exchange.sendResponseHeaders(status, answer.size());
                        exchange.getResponseBody().write(answer.toArray());
                    }
                });
        blobs.start();
        client =
                LockstepClient.create(
                        network,
                        ClientConfig.of(
                                server.webSocket(),
                                URI.create("http://127.0.0.1:" + blobs.getAddress().getPort()),
                                () -> "dev:alice/laptop",
                                new Backoff(
                                        Duration.ofMillis(1),
                                        Duration.ofMillis(5),
                                        3,
                                        new Random(5))));
        client.events().subscribe(events::add);
        var connected = client.connect().toFuture();
        session = server.acceptReady(8);
        connected.join();
        assertThat(next()).isInstanceOf(ClientEvent.Connected.class);
        var cursor = new LogCursor(ROOM, INCARNATION, 0, HeadChain.first(ROOM, INCARNATION));
        client.attach(cursor).subscribe(_ -> {}, _ -> {});
        assertThat(session.next().hasAttach()).isTrue();
    }

    @AfterEach
    void stop() {
        client.close();
        network.close();
        server.close();
        blobs.stop(0);
    }

    private ClientEvent next() {
        return take(events, "an event");
    }

    private static ServerFrame.Builder delivery(int position, boolean byReference) {
        var delivery =
                Delivery.newBuilder()
                        .setGroupId(ROOM.bytes().asByteString())
                        .setPosition(position)
                        .setKind(Kind.KIND_APPLICATION)
                        .setEpoch(7);
        return ServerFrame.newBuilder()
                .setDelivery(
                        byReference
                                ? delivery.setReference(BlobPointer.to(LONG).toWire())
                                : delivery.setMessage(utf8("short").asByteString()));
    }

    // PROTOCOL R-DELIVERY-2 R-DELIVERY-6
    @Test
    void aMessageByReferenceIsFetchedAgainUntilItsBlobArrives() {
        failures = FAILURES;
        session.send(delivery(1, false), delivery(2, true), delivery(3, false));
        assertThat(((Delivered) next()).position()).isEqualTo(1);
        var second = (Delivered) next();
        assertThat(second.position()).isEqualTo(2);
        assertThat(second.message()).isEqualTo(LONG);
        assertThat(((Delivered) next()).position()).isEqualTo(3);
        assertThat(asked.get()).isEqualTo(FAILURES + 1);
    }

    // PROTOCOL R-DELIVERY-9
    @Test
    void aRosterChangeByReferenceComesWithItsCommit() {
        var change = RosterChange.newBuilder().addAdd("bob/phone").build();
        blob = Bytes.of(change.toByteString());
        var commit =
                Delivery.newBuilder()
                        .setGroupId(ROOM.bytes().asByteString())
                        .setPosition(1)
                        .setKind(Kind.KIND_COMMIT)
                        .setMessage(utf8("a commit").asByteString())
                        .setRosterChangeReference(BlobPointer.to(blob).toWire());
        session.send(ServerFrame.newBuilder().setDelivery(commit), delivery(2, false));
        var delivered = (Delivered) next();
        assertThat(delivered.message()).isEqualTo(utf8("a commit"));
        assertThat(delivered.rosterChange()).contains(change);
        assertThat(((Delivered) next()).position()).isEqualTo(2);
    }

    // PROTOCOL R-DELIVERY-7
    @Test
    void aDeletedBlobIsReportedAsTheGapOfATrimmedLog() {
        blob = Bytes.EMPTY;
        session.send(delivery(1, true), delivery(2, false));
        assertThat(next()).isEqualTo(new ClientEvent.HistoryGap(ROOM, "trimmed", 2, 2, 7));
        assertThat(session.next().hasDetach()).isTrue();
        assertThat(events).isEmpty();
    }

    // PROTOCOL R-DELIVERY-6
    @Test
    void bytesThatDoNotMatchTheirReferenceAreNotHandedOn() {
        blob = utf8("a lying message");
        session.send(delivery(1, true));
        assertThat(next())
                .isInstanceOfSatisfying(
                        ClientEvent.AttachRefused.class,
                        e -> assertThat(e.refusal().code()).isEqualTo("reference_mismatch"));
    }

    // PROTOCOL R-JOIN-8
    @Test
    void mailWaitsForItsTree() {
        failures = FAILURES;
        session.send(
                ServerFrame.newBuilder()
                        .setInbox(
                                Inbox.newBuilder()
                                        .setId(utf8("mail").asByteString())
                                        .setGroupId(ROOM.bytes().asByteString())
                                        .setWelcome(utf8("welcome").asByteString())
                                        .setRatchetTree(BlobPointer.to(LONG).toWire())));
        assertThat(next())
                .isInstanceOfSatisfying(
                        ClientEvent.WelcomeReceived.class,
                        mail -> assertThat(mail.ratchetTree()).isEqualTo(LONG));
    }
}
