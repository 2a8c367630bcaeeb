package io.lockstep.client;

import static io.lockstep.client.FakeServer.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.FakeServer.FakeSession;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Inbox;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.Live;
import io.lockstep.wire.proto.Ping;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Retry;
import io.lockstep.wire.proto.ServerFrame;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LockstepClientTest {
    private static final GroupId ROOM =
            new GroupId(Bytes.wrap("room".getBytes(StandardCharsets.US_ASCII)));
    private static final Bytes INCARNATION = Bytes.ofHex("000102030405060708090a0b0c0d0e0f");
    private static final Bytes HEAD_0 = HeadChain.first(ROOM, INCARNATION);
    private static final LogCursor BEGINNING = new LogCursor(ROOM, INCARNATION, 0, HEAD_0);
    private static final Duration SOON = Duration.ofSeconds(10);

    private final FakeServer server = new FakeServer(FrameFormat.PROTO);
    private final ClientNetwork network = ClientNetwork.start(1);
    private final BlockingQueue<ClientEvent> events = new LinkedBlockingQueue<>();
    private LockstepClient client;

    @BeforeEach
    void start() {
        client = clientOf(config(server, 3));
    }

    @AfterEach
    void stop() {
        client.close();
        network.close();
        server.close();
    }

    private static ClientConfig config(FakeServer server, int attemptsMax) {
        return ClientConfig.of(
                        server.webSocket(),
                        URI.create("http://127.0.0.1:1"),
                        () -> "dev:alice/laptop",
                        new Backoff(
                                Duration.ofMillis(1),
                                Duration.ofMillis(20),
                                attemptsMax,
                                new Random(7)))
                .withWindow(4);
    }

    private LockstepClient clientOf(ClientConfig config) {
        var made = LockstepClient.create(network, config);
        made.events().subscribe(events::add);
        return made;
    }

    private static Bytes message(int number) {
        return Bytes.wrap(("message " + number).getBytes(StandardCharsets.US_ASCII));
    }

    private static Bytes headAt(int position) {
        var head = HEAD_0;
        for (int p = 1; p <= position; p++) {
            head = HeadChain.next(head, ROOM, p, EntryKind.APPLICATION, message(p).sha256());
        }
        return head;
    }

    private static Delivery deliveryAt(int position) {
        return Delivery.newBuilder()
                .setGroupId(ROOM.bytes().asByteString())
                .setPosition(position)
                .setKind(Kind.KIND_APPLICATION)
                .setEpoch(1)
                .setMessage(message(position).asByteString())
                .build();
    }

    private static ServerFrame.Builder delivery(int position) {
        return ServerFrame.newBuilder().setDelivery(deliveryAt(position));
    }

    private static ServerFrame.Builder live(int position, Bytes head) {
        return ServerFrame.newBuilder()
                .setLive(
                        Live.newBuilder()
                                .setGroupId(ROOM.bytes().asByteString())
                                .setIncarnation(INCARNATION.asByteString())
                                .setPosition(position)
                                .setHead(head.asByteString())
                                .setEpoch(1));
    }

    private static ServerFrame.Builder accepted(ClientFrame submission, int position) {
        return ServerFrame.newBuilder()
                .setRequestId(submission.getRequestId())
                .setAccepted(
                        io.lockstep.wire.proto.Accepted.newBuilder()
                                .setGroupId(ROOM.bytes().asByteString())
                                .setIncarnation(INCARNATION.asByteString())
                                .setPosition(position)
                                .setHead(headAt(position).asByteString())
                                .setEpoch(1));
    }

    private static ServerFrame.Builder refused(ClientFrame submission, Code code, Retry retry) {
        return ServerFrame.newBuilder()
                .setRequestId(submission.getRequestId())
                .setRefused(
                        Refused.newBuilder()
                                .setCode(code.wireName())
                                .setRetry(retry)
                                .setGroupId(ROOM.bytes().asByteString()));
    }

    private FakeSession open() {
        var connected = client.connect().toFuture();
        var session = server.acceptReady(8);
        get(connected);
        assertThat(nextEvent()).isEqualTo(new ClientEvent.Connected("alice/laptop", 1));
        return session;
    }

    /// A client that attached at the beginning and has the first entries.
    private FakeSession openAndDeliver(int entries) {
        var session = open();
        var attached = client.attach(BEGINNING).toFuture();
        assertThat(session.next().hasAttach()).isTrue();
        for (int p = 1; p <= entries; p++) {
            session.send(delivery(p));
        }
        session.send(live(entries, headAt(entries)));
        get(attached);
        for (int p = 1; p <= entries; p++) {
            assertThat(nextDelivered().position()).isEqualTo(p);
        }
        assertThat(nextEvent()).isInstanceOf(ClientEvent.CaughtUp.class);
        return session;
    }

    private static <T> T get(CompletableFuture<T> future) {
        return future.orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join();
    }

    private ClientEvent nextEvent() {
        return take(events, "an event");
    }

    private Delivered nextDelivered() {
        return (Delivered) nextEvent();
    }

    // PROTOCOL R-HEAD-1
    @Test
    void deliveriesCarryTheHeadThatTheClientComputes() {
        openAndDeliver(0).send(delivery(1), delivery(2));
        assertThat(nextDelivered().head()).isEqualTo(headAt(1));
        var second = nextDelivered();
        assertThat(second.cursor()).isEqualTo(new LogCursor(ROOM, INCARNATION, 2, headAt(2)));
        assertThat(second.message()).isEqualTo(message(2));
    }

    /// Bug: the cursor of the next session confirmed a commit that the application had not applied.
    // PROTOCOL R-VOID-3
    @Test
    void aProvisionalCommitIsResumedBehindOnlyWhenItIsAcknowledged() {
        var session = openAndDeliver(1);
        session.send(
                ServerFrame.newBuilder()
                        .setDelivery(deliveryAt(2).toBuilder().setProvisional(true)),
                delivery(3));
        assertThat(nextDelivered().provisional()).isTrue();
        var third = nextDelivered();
        session.drop();
        assertThat(nextEvent()).isInstanceOf(ClientEvent.Disconnected.class);
        var next = server.accept();
        assertThat(resumedAt(next)).isEqualTo(1);
        next.send(FakeServer.ready(8));
        assertThat(nextEvent()).isInstanceOf(ClientEvent.Connected.class);
        next.send(delivery(2), delivery(3), live(3, headAt(3)));
        assertThat(nextEvent()).as("nothing comes twice").isInstanceOf(ClientEvent.CaughtUp.class);

        client.acknowledge(third);
        assertThat(next.next().getAck().getPosition()).isEqualTo(3);
        next.drop();
        assertThat(nextEvent()).isInstanceOf(ClientEvent.Disconnected.class);
        assertThat(resumedAt(server.accept())).isEqualTo(3);
    }

    private static long resumedAt(FakeSession session) {
        return session.next().getHello().getResume(0).getCursor().getPosition();
    }

    @Test
    void aLostConnectionIsResumedFromTheLastPositionAndItsHead() {
        openAndDeliver(3).drop();
        assertThat(nextEvent()).isInstanceOf(ClientEvent.Disconnected.class);
        var hello = server.accept().next().getHello();
        assertThat(hello.getResumeList()).hasSize(1);
        var cursor = hello.getResume(0).getCursor();
        assertThat(cursor.getPosition()).isEqualTo(3);
        assertThat(Bytes.of(cursor.getHead())).isEqualTo(headAt(3));
        assertThat(Bytes.of(cursor.getIncarnation())).isEqualTo(INCARNATION);
        assertThat(hello.getResume(0).getWindow()).isEqualTo(4);
    }

    // PROTOCOL R-REFUSED-6 R-DELIVERY-3
    @Test
    void aRepeatedDeliveryIsNotHandedOn() {
        openAndDeliver(2).send(delivery(1), delivery(2), delivery(3));
        assertThat(nextDelivered().position()).isEqualTo(3);
    }

    // PROTOCOL R-DELIVERY-4
    @Test
    @DisplayName("I2: a skipped position is an error, and the client attaches again before it")
    void aHoleIsReportedAndRepaired() {
        var session = openAndDeliver(2);
        session.send(delivery(4));
        assertThat(nextEvent()).isInstanceOf(ClientEvent.PositionsSkipped.class);
        assertThat(session.next().getAttach().getCursor().getPosition()).isEqualTo(2);
    }

    @Test
    void aHoleIsReportedOnlyOnce() {
        var session = openAndDeliver(1);
        session.send(delivery(3), delivery(4), delivery(5));
        assertThat(nextEvent()).isInstanceOf(ClientEvent.PositionsSkipped.class);
        assertThat(session.next().hasAttach()).isTrue();
        session.send(delivery(2), delivery(3));
        assertThat(nextDelivered().position()).isEqualTo(2);
        assertThat(nextDelivered().position()).isEqualTo(3);
    }

    @Test
    void anAttachBetweenHelloAndReadyIsSent() {
        var connected = client.connect().toFuture();
        var session = server.accept();
        assertThat(session.next().getHello().getResumeCount()).isZero();
        client.attach(BEGINNING).subscribe(_ -> {}, _ -> {});
        // After this answer, the loop has handled the attach.
        client.cursor(ROOM).block(SOON);
        session.send(FakeServer.ready(8));
        get(connected);
        assertThat(session.next().hasAttach()).isTrue();
    }

    // PROTOCOL R-HEAD-2
    @Test
    @DisplayName("I3: another head at the same position is another history; the client detaches")
    void aDifferentHeadIsReportedAsAHistoryMismatch() {
        var session = openAndDeliver(2);
        session.send(live(2, headAt(1)));
        assertThat(nextEvent())
                .isEqualTo(new ClientEvent.HistoryMismatch(ROOM, 2, headAt(2), headAt(1)));
        assertThat(session.next().hasDetach()).isTrue();
    }

    // PROTOCOL R-LIFE-9 R-LIVE-2 R-HEAD-1
    @Test
    void theHeadOfAnAnswerIsComparedBeforeAndAfterItsDelivery() {
        var session = openAndDeliver(1);
        var early = client.send(ROOM, message(2)).toFuture();
        session.send(accepted(session.next(), 2), delivery(2));
        assertThat(get(early).position()).isEqualTo(2);
        assertThat(nextDelivered().position()).isEqualTo(2);
        var late = client.send(ROOM, message(3)).toFuture();
        var wrong = accepted(session.next(), 3);
        wrong.getAcceptedBuilder().setHead(headAt(1).asByteString());
        session.send(delivery(3), wrong);
        get(late);
        assertThat(nextDelivered().position()).isEqualTo(3);
        assertThat(nextEvent()).isInstanceOf(ClientEvent.HistoryMismatch.class);
    }

    // PROTOCOL R-SUB-10 R-SUB-11
    @Test
    @DisplayName("I4: unanswered submissions are sent again after a reconnect, with the same bytes")
    void unansweredSubmissionsAreSentAgain() {
        var session = open();
        var answer = client.send(ROOM, message(1)).toFuture();
        var first = session.next();
        session.drop();
        var next = server.acceptReady(8);
        var second = next.next();
        assertThat(second).isEqualTo(first);
        next.send(accepted(second, 1));
        assertThat(get(answer).position()).isEqualTo(1);
    }

    @Test
    void answeredSubmissionsAreNotSentAgain() {
        var session = open();
        var answer = client.send(ROOM, message(1)).toFuture();
        session.send(accepted(session.next(), 1));
        get(answer);
        session.drop();
        var next = server.acceptReady(8);
        client.send(ROOM, message(2)).subscribe(_ -> {}, _ -> {});
        assertThat(next.next().getSend().getMessage()).isEqualTo(message(2).asByteString());
    }

    // PROTOCOL R-SUB-12 R-RATE-2
    @Test
    void aTemporaryRefusalIsRetriedWithTheSameBytes() {
        var session = open();
        var answer = client.send(ROOM, message(1)).toFuture();
        var first = session.next();
        session.send(refused(first, Code.OVERLOADED, Retry.RETRY_LATER));
        var second = session.next();
        session.send(refused(second, Code.OUTCOME_UNKNOWN, Retry.RETRY_TO_LEARN_OUTCOME));
        var third = session.next();
        session.send(accepted(third, 1));
        assertThat(List.of(second, third)).containsOnly(first);
        assertThat(get(answer).position()).isEqualTo(1);
    }

    @Test
    void retriesAreBounded() {
        var session = open();
        var answer = client.send(ROOM, message(1)).toFuture();
        for (int attempt = 0; attempt <= 3; attempt++) {
            session.send(refused(session.next(), Code.OVERLOADED, Retry.RETRY_LATER));
        }
        assertThatThrownBy(() -> get(answer)).hasRootCauseInstanceOf(RefusedException.class);
    }

    // PROTOCOL R-REFUSED-5
    @Test
    void aLostRaceHandsOnTheMissedEntriesBeforeTheRefusal() {
        var session = openAndDeliver(1);
        var order = new LinkedBlockingQueue<String>();
        var bundle =
                new CommitBundle(
                        ROOM,
                        message(9),
                        Bytes.EMPTY,
                        Bytes.EMPTY,
                        List.of(),
                        List.of("bob/phone"),
                        1);
        client.commit(bundle)
                .subscribe(
                        _ -> {},
                        e -> order.add(((RefusedException) e).code() + " after " + events.size()));
        var frame = session.next();
        assertThat(frame.getCommit().getKnownPosition()).isEqualTo(1);
        assertThat(frame.getCommit().getRosterChange().getRemoveList())
                .containsExactly("bob/phone");
        var refusal = refused(frame, Code.EPOCH_CONFLICT, Retry.RETRY_AFTER_REBASE);
        refusal.getRefusedBuilder()
                .addMissed(deliveryAt(2))
                .addMissed(deliveryAt(3))
                .setMissedAll(true)
                .setPosition(3);
        session.send(refusal);
        assertThat(take(order, "a refusal")).isEqualTo("epoch_conflict after 2");
        assertThat(nextDelivered().position()).isEqualTo(2);
        assertThat(nextDelivered().position()).isEqualTo(3);
        session.send(delivery(2), delivery(3), delivery(4));
        assertThat(nextDelivered().position()).isEqualTo(4);
    }

    // PROTOCOL R-REFUSED-5 R-REFUSED-7
    /// The refusal contains the entries from the commit that ended the epoch on. The entries
    /// between the client's position and that commit come by the attachment. The client once took
    /// them for a hole in the log.
    @Test
    void missedEntriesBeyondTheClientsPositionAreNoHole() {
        var session = openAndDeliver(1);
        var refused = client.send(ROOM, message(9)).toFuture();
        var refusal = refused(session.next(), Code.EPOCH_CONFLICT, Retry.RETRY_AFTER_REBASE);
        refusal.getRefusedBuilder().addMissed(deliveryAt(3)).setMissedAll(true).setPosition(3);
        session.send(refusal);
        assertThatThrownBy(() -> get(refused)).hasRootCauseInstanceOf(RefusedException.class);
        session.send(delivery(2), delivery(3));
        assertThat(nextDelivered().position()).isEqualTo(2);
        assertThat(nextDelivered().position()).isEqualTo(3);
        assertThat(events).isEmpty();
    }

    // PROTOCOL R-SUB-12
    /// The server accepted nothing in the last attempt, but the attempt before it had no answer.
    @Test
    void anUnknownOutcomeStaysUnknownAfterLaterRefusals() {
        var session = open();
        var lost = client.send(ROOM, message(1)).toFuture();
        session.send(refused(session.next(), Code.OUTCOME_UNKNOWN, Retry.RETRY_TO_LEARN_OUTCOME));
        session.send(refused(session.next(), Code.REMOVED, Retry.RETRY_NEVER));
        assertThat(isOutcomeUnknown(lost)).isTrue();

        var dropped = client.send(ROOM, message(2)).toFuture();
        session.next();
        session.drop();
        session = server.acceptReady(8);
        for (int attempt = 0; attempt <= 3; attempt++) {
            session.send(refused(session.next(), Code.OVERLOADED, Retry.RETRY_LATER));
        }
        assertThat(isOutcomeUnknown(dropped)).isTrue();

        var refused = client.send(ROOM, message(3)).toFuture();
        for (int attempt = 0; attempt <= 3; attempt++) {
            session.send(refused(session.next(), Code.OVERLOADED, Retry.RETRY_LATER));
        }
        assertThat(isOutcomeUnknown(refused)).isFalse();
    }

    private static boolean isOutcomeUnknown(CompletableFuture<?> failed) {
        return failed.handle(
                        (_, e) -> {
                            var why =
                                    e instanceof CompletionException wrapped
                                            ? wrapped.getCause()
                                            : e;
                            return why instanceof RefusedException refused
                                    && refused.isOutcomeUnknown();
                        })
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    // PROTOCOL R-READY-3
    @Test
    void submissionsInFlightStayWithinTheServersLimit() {
        var connected = client.connect().toFuture();
        var session = server.acceptReady(1);
        get(connected);
        client.send(ROOM, message(1)).subscribe(_ -> {}, _ -> {});
        client.send(ROOM, message(2)).subscribe(_ -> {}, _ -> {});
        var first = session.next();
        assertThat(roundTrip(session)).isTrue();
        session.send(accepted(first, 1));
        assertThat(session.next().getSend().getMessage()).isEqualTo(message(2).asByteString());
    }

    /// If the next frame is the pong, the client sent nothing else.
    private static boolean roundTrip(FakeSession session) {
        session.send(ServerFrame.newBuilder().setPing(Ping.newBuilder().setNonce(42)));
        return session.next().getPong().getNonce() == 42;
    }

    @Test
    void acknowledgingMovesTheWindowAndSavesTheCursor() {
        var session = openAndDeliver(0);
        session.send(delivery(1));
        client.acknowledge(nextDelivered());
        var ack = session.next().getAck();
        assertThat(ack.getPosition()).isEqualTo(1);
        assertThat(client.cursor(ROOM).block(SOON))
                .contains(new LogCursor(ROOM, INCARNATION, 1, headAt(1)));
    }

    // PROTOCOL R-MAIL-5
    @Test
    void mailIsHandedOnOnceAndAcknowledgedById() {
        var session = open();
        var mail =
                ServerFrame.newBuilder()
                        .setInbox(
                                Inbox.newBuilder()
                                        .setId(ByteString.copyFromUtf8("mail-1"))
                                        .setGroupId(ROOM.bytes().asByteString())
                                        .setCursor(BEGINNING.toWire())
                                        .setEpoch(1));
        session.send(mail, mail);
        session.send(delivery(1));
        var received = (ClientEvent.WelcomeReceived) nextEvent();
        assertThat(received.cursor()).isEqualTo(BEGINNING);
        // Both have come before the acknowledgement.
        assertThat(roundTrip(session)).isTrue();
        client.acknowledgeMail(received.id());
        assertThat(session.next().getInboxAck().getId(0))
                .isEqualTo(ByteString.copyFromUtf8("mail-1"));
        assertThat(events).isEmpty();
    }

    @Test
    void aClientWhoseTokenIsRefusedDoesNotReconnect() {
        var connected = client.connect().toFuture();
        var session = server.accept();
        session.next();
        session.close(Code.UNAUTHENTICATED.number());
        assertThatThrownBy(() -> get(connected))
                .hasRootCauseInstanceOf(ClientClosedException.class);
        assertThat(nextEvent()).isInstanceOf(ClientEvent.Closed.class);
        assertThat(server.hasMoreSessions()).isFalse();
    }

    @Test
    void malformedBytesEndTheSessionAndTheClientResumes() {
        openAndDeliver(1).sendRaw(new byte[] {(byte) 0xff, (byte) 0xff});
        assertThat(nextEvent()).isInstanceOf(ClientEvent.Disconnected.class);
        assertThat(server.accept().next().getHello().getResume(0).getCursor().getPosition())
                .isEqualTo(1);
    }

    @Test
    void aDisconnectedClientReconnectsOnlyWhenAsked() {
        openAndDeliver(2);
        client.disconnect();
        CompletableFuture<?> again = client.connect().toFuture();
        var session = server.accept();
        assertThat(session.next().getHello().getResume(0).getCursor().getPosition()).isEqualTo(2);
        session.send(FakeServer.ready(8));
        get(again);
        assertThat(nextEvent()).isEqualTo(new ClientEvent.Connected("alice/laptop", 2));
    }

    @Test
    void jsonCarriesTheSameFrames() {
        try (var jsonServer = new FakeServer(FrameFormat.JSON)) {
            var json = clientOf(config(jsonServer, 3).withFormat(FrameFormat.JSON));
            var connected = json.connect().toFuture();
            var session = jsonServer.acceptReady(8);
            get(connected);
            assertThat(nextEvent()).isInstanceOf(ClientEvent.Connected.class);
            json.attach(BEGINNING).subscribe(_ -> {}, _ -> {});
            assertThat(Bytes.of(session.next().getAttach().getCursor().getHead()))
                    .isEqualTo(HEAD_0);
            session.send(delivery(1));
            assertThat(nextDelivered().message()).isEqualTo(message(1));
            json.close();
        }
    }
}
