package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static io.lockstep.wire.mls.MlsBytes.proposal;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.gateway.connection.BrowserAccess;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.log.GroupHead;
import io.lockstep.log.LogNotice;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Detach;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.Retry;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A session over real sockets, with the whole service behind it in memory.
final class SessionTest {
    private static final GroupId GROUP = group("family");

    private final LogCapture log = LogCapture.open();
    private TestServer server = TestServer.start();

    private void restart(TestServer.Setup setup) {
        server.close();
        server = TestServer.start(setup);
    }

    @AfterEach
    void stop() {
        server.close();
        assertThat(log.troubles()).isEmpty();
        assertThat(log.lines()).noneMatch(line -> line.contains("alice"));
        log.close();
    }

    private static Commit.Builder bundle(Bytes message) {
        return Commit.newBuilder().setMessage(message.asByteString());
    }

    @ParameterizedTest
    @EnumSource
    void readyTellsTheLimits(FrameFormat format) throws Exception {
        try (var client = TestClient.connect(server, format)) {
            client.hello("dev:alice/phone");
            var limits = client.await(ServerFrame::hasReady).getReady().getLimits();
            var held = SessionLimits.DEFAULT;
            assertThat(limits.getFrameBytesMax()).isEqualTo(held.frameBytesMax());
            assertThat(limits.getMessageBytesMax()).isEqualTo(held.messageBytesMax());
            assertThat(limits.getSubmissionsInFlightMax()).isEqualTo(held.submissionsInFlightMax());
            assertThat(limits.getPingIntervalMillis()).isEqualTo(30_000);
            assertThat(limits.getAttachedGroupsMax()).isEqualTo(held.attachedGroupsMax());
            assertThat(limits.getWelcomeBytesMax()).isEqualTo(held.welcomeBytesMax());
        }
    }

    // PROTOCOL R-LIFE-5
    @ParameterizedTest
    @EnumSource
    void framesOfOneMessageReachTheLogInOneAppend(FrameFormat format) throws Exception {
        try (var alice = TestClient.open(server, "alice/phone", format)) {
            alice.accepted(alice.create(GROUP));
            var batches = new CopyOnWriteArrayList<List<String>>();
            var following =
                    server.services
                            .log()
                            .follow(GROUP)
                            .ofType(LogNotice.EntriesAppended.class)
                            .subscribe(appended -> batches.add(texts(appended)));
            var payload = new ByteArrayOutputStream();
            var expected = new ArrayList<String>();
            for (int i = 0; i < 10; i++) {
                var message = application(GROUP, 0, "m" + i);
                expected.add(message.hex());
                payload.writeBytes(
                        FrameCodec.encodePayload(
                                format,
                                ClientFrame.newBuilder()
                                        .setRequestId(100 + i)
                                        .setSend(
                                                Send.newBuilder()
                                                        .setMessage(message.asByteString()))
                                        .build()));
                if (format == FrameFormat.JSON) {
                    payload.write('\n');
                }
            }
            alice.sendPayload(payload.toByteArray());
            for (int i = 0; i < 10; i++) {
                assertThat(alice.accepted(100 + i).getPosition()).isEqualTo(i + 1);
            }
            following.dispose();
            assertThat(batches).containsExactly(expected);
        }
    }

    private static List<String> texts(LogNotice.EntriesAppended appended) {
        return appended.entries().stream().map(entry -> entry.message().hex()).toList();
    }

    /// Frames before a malformed frame are ordered.
    @Test
    void framesBeforeAMalformedFrameAreOrdered() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            var message = application(GROUP, 0, "hello");
            alice.message(message);
            alice.sendBinary(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff});
            alice.assertClosed(Code.MALFORMED_FRAME);
            Awaitility.await()
                    .until(() ->
                            server.services
                                            .log()
                                            .tail(GROUP)
                                            .blockOptional()
                                            .orElseThrow()
                                            .position()
                                    == 1);
        }
    }

    // PROTOCOL R-LIFE-10 R-FRAME-1 R-TOKEN-2 R-CREATE-5 R-MAIL-1
    @ParameterizedTest
    @EnumSource
    void aWholeSessionFromHelloToDelivery(FrameFormat format) throws Exception {
        var bobsRef = server.keyPackageOf(new ClientId("bob", "phone"));
        try (var alice = TestClient.open(server, "alice/phone", format);
                var bob = TestClient.open(server, "bob/phone", format)) {
            var created = alice.accepted(alice.create(GROUP));
            assertThat(created.getPosition()).isZero();
            assertThat(created.getIncarnation().size()).isEqualTo(GroupHead.INCARNATION_BYTES);
            alice.attach(GROUP);
            assertThat(alice.await(ServerFrame::hasLive).getLive().getPosition()).isZero();

            var adds = commit(GROUP, 0, "add bob");
            var added =
                    alice.accepted(
                            alice.send(f ->
                                    f.setCommit(
                                            bundle(adds)
                                                    .setWelcome(
                                                            welcome(List.of(bobsRef))
                                                                    .asByteString())
                                                    .setGroupInfo(
                                                            groupInfo(GROUP, 1).asByteString()))));
            assertThat(added.getPosition()).isEqualTo(1);
            assertThat(added.getEpoch()).isEqualTo(1);
            assertThat(alice.await(ServerFrame::hasDelivery).getDelivery().getMessage())
                    .isEqualTo(adds.asByteString());

            var item = bob.await(ServerFrame::hasInbox).getInbox();
            assertThat(item.getEpoch()).isEqualTo(1);
            assertThat(item.getCursor().getPosition()).isEqualTo(1);
            assertThat(item.getKeyPackageRef()).isEqualTo(bobsRef.asByteString());
            bob.send(f -> f.setInboxAck(InboxAck.newBuilder().addId(item.getId())));
            Awaitility.await()
                    .until(() ->
                            server.inbox
                                    .page(new ClientId("bob", "phone"), 0)
                                    .map(page -> page.items().isEmpty())
                                    .block());
            bob.send(f -> f.setAttach(Attach.newBuilder().setCursor(item.getCursor())));
            bob.await(ServerFrame::hasLive);

            alice.accepted(alice.message(application(GROUP, 1, "hello bob")));
            var delivery = bob.await(ServerFrame::hasDelivery).getDelivery();
            assertThat(delivery.getPosition()).isEqualTo(2);
            assertThat(delivery.getKind()).isEqualTo(Kind.KIND_APPLICATION);
            assertThat(delivery.getMessage())
                    .isEqualTo(application(GROUP, 1, "hello bob").asByteString());

            bob.send(
                    f -> f.setDetach(Detach.newBuilder().setGroupId(GROUP.bytes().asByteString())));
            assertThat(bob.await(ServerFrame::hasDetached).getDetached().getCode())
                    .isEqualTo("requested");
        }
    }

    // PROTOCOL R-REFUSED-1 R-REFUSED-3
    @Test
    void aLostRaceIsAnsweredWithWhatWasMissed() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(alice.commit(commit(GROUP, 0, "winner")));
            var refused = alice.refused(alice.commit(commit(GROUP, 0, "loser")));
            assertThat(refused.getCode()).isEqualTo("epoch_conflict");
            assertThat(refused.getRetry()).isEqualTo(Retry.RETRY_AFTER_REBASE);
            assertThat(refused.getEpoch()).isEqualTo(1);
            assertThat(refused.getPosition()).isEqualTo(1);
            assertThat(refused.getMissedAll()).isTrue();
            assertThat(refused.getMissedList())
                    .singleElement()
                    .satisfies(missed -> {
                        assertThat(missed.getKind()).isEqualTo(Kind.KIND_COMMIT);
                        assertThat(missed.getMessage())
                                .isEqualTo(commit(GROUP, 0, "winner").asByteString());
                    });
        }
    }

    // PROTOCOL R-SUB-6
    @Test
    @DisplayName("I4: the same bytes again get the original answer")
    void aResentMessageGetsItsOriginalAnswer() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            var first = alice.accepted(alice.message(proposal(GROUP, 0, "p")));
            var again = alice.accepted(alice.message(proposal(GROUP, 0, "p")));
            assertThat(again.getRepeat()).isTrue();
            assertThat(again.getPosition()).isEqualTo(first.getPosition());
            assertThat(alice.accepted(alice.create(GROUP)).getRepeat()).isTrue();
        }
    }

    // PROTOCOL R-SEND-6
    @Test
    void anEphemeralMessageReachesAttachedSessions() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.attach(GROUP);
            alice.await(ServerFrame::hasLive);
            var typing = application(GROUP, 0, "is typing");
            var accepted =
                    alice.accepted(
                            alice.send(f ->
                                    f.setSend(
                                            Send.newBuilder()
                                                    .setMessage(typing.asByteString())
                                                    .setEphemeral(true))));
            assertThat(accepted.getPosition()).isZero();
            assertThat(alice.await(ServerFrame::hasDelivery).getDelivery().getPosition()).isZero();
        }
    }

    // PROTOCOL R-WIRE-6 R-WIRE-7 R-LIFE-3
    @Test
    void severalFramesShareAMessageAndFollowTheHello() throws Exception {
        try (var client = TestClient.connect(server, FrameFormat.JSON)) {
            var group = GROUP.bytes().asByteString();
            var printer =
                    com.google.protobuf.util.JsonFormat.printer().omittingInsignificantWhitespace();
            client.sendText(
                    "{\"hello\":{\"token\":\"dev:alice/phone\"}}\n"
                            + printer.print(
                                    ClientFrame.newBuilder()
                                            .setRequestId(77)
                                            .setCreate(Create.newBuilder().setGroupId(group)))
                            + "\n");
            client.await(ServerFrame::hasReady);
            client.accepted(77);
        }
    }

    // PROTOCOL R-HELLO-1
    @Test
    void helloResumesGroups() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(alice.message(application(GROUP, 0, "one")));
        }
        try (var again = TestClient.connect(server, FrameFormat.PROTO)) {
            again.send(f ->
                    f.setHello(
                            Hello.newBuilder()
                                    .setToken("dev:alice/phone")
                                    .addResume(
                                            Attach.newBuilder()
                                                    .setCursor(
                                                            Cursor.newBuilder()
                                                                    .setGroupId(
                                                                            GROUP.bytes()
                                                                                    .asByteString())))));
            again.await(ServerFrame::hasReady);
            assertThat(again.await(ServerFrame::hasDelivery).getDelivery().getPosition())
                    .isEqualTo(1);
            again.await(ServerFrame::hasLive);
        }
    }

    // PROTOCOL R-FRAME-1
    @Test
    void aCursorOfAnotherIncarnationIsAGapWithTheRequestId() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            long request =
                    alice.send(f ->
                            f.setAttach(
                                    Attach.newBuilder()
                                            .setCursor(
                                                    Cursor.newBuilder()
                                                            .setGroupId(
                                                                    GROUP.bytes().asByteString())
                                                            .setIncarnation(
                                                                    Bytes.wrap(new byte[16])
                                                                            .asByteString())
                                                            .setPosition(3))));
            var gap = alice.await(f -> f.getRequestId() == request).getGap();
            assertThat(gap.getCode()).isEqualTo("other_incarnation");
        }
    }

    // PROTOCOL R-FRAME-5 R-FRAME-7
    @Test
    void aMalformedCursorIsRefused() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.assertRefused(
                    alice.send(f ->
                            f.setAttach(
                                    Attach.newBuilder()
                                            .setCursor(
                                                    Cursor.newBuilder()
                                                            .setGroupId(
                                                                    GROUP.bytes().asByteString())
                                                            .setHead(
                                                                    Bytes.wrap(new byte[5])
                                                                            .asByteString())))),
                    Code.INVALID_REQUEST);
        }
    }

    // PROTOCOL R-ATTACH-7
    @Test
    void oneGroupTooManyIsRefused() throws Exception {
        restart(TestServer.Setup.DEFAULT.withSession(l -> with(l, l.submissionsInFlightMax(), 1)));
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            alice.accepted(alice.create(group("second")));
            alice.attach(GROUP);
            alice.await(ServerFrame::hasLive);
            alice.assertRefused(alice.attach(group("second")), Code.TOO_MANY_GROUPS);
        }
    }

    // PROTOCOL R-LIFE-4
    @Test
    void aNewerSessionOfTheSameClientReplacesTheOlder() throws Exception {
        try (var older = TestClient.open(server, "alice/phone");
                var newer = TestClient.open(server, "alice/phone");
                var other = TestClient.open(server, "alice/laptop")) {
            older.assertClosed(Code.SESSION_REPLACED);
            newer.accepted(newer.create(GROUP));
            assertThat(other.isClosed()).isFalse();
        }
    }

    // Commit bundles

    // PROTOCOL R-INFO-1 R-ROSTER-4 R-JOIN-1
    @Test
    void aBundleThatContradictsItselfIsRefused() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            var message = commit(GROUP, 0, "c");
            alice.assertRefused(
                    alice.send(f ->
                            f.setCommit(
                                    bundle(message)
                                            .setGroupInfo(groupInfo(GROUP, 2).asByteString()))),
                    Code.GROUP_INFO_MISMATCH);
            alice.assertRefused(
                    alice.send(f ->
                            f.setCommit(
                                    bundle(message)
                                            .setGroupInfo(
                                                    groupInfo(group("other"), 1).asByteString()))),
                    Code.GROUP_INFO_MISMATCH);
            alice.assertRefused(
                    alice.send(
                            f -> f.setCommit(bundle(message).setGroupInfo(message.asByteString()))),
                    Code.WRONG_MESSAGE_KIND);
            alice.assertRefused(
                    alice.send(f ->
                            f.setCommit(
                                    bundle(message)
                                            .setWelcome(groupInfo(GROUP, 1).asByteString()))),
                    Code.WRONG_MESSAGE_KIND);
            alice.assertRefused(
                    alice.send(f ->
                            f.setCommit(
                                    bundle(message)
                                            .setWelcome(
                                                    welcome(List.of(MlsBytes.text("nobody's ref")))
                                                            .asByteString()))),
                    Code.UNKNOWN_KEY_PACKAGE);
            alice.assertRefused(
                    alice.send(f ->
                            f.setCommit(
                                    bundle(message)
                                            .setRosterChange(
                                                    RosterChange.newBuilder().addAdd("bob")))),
                    Code.INVALID_REQUEST);
            // None of these took effect.
            assertThat(alice.accepted(alice.commit(message)).getPosition()).isEqualTo(1);
        }
    }

    // PROTOCOL R-LIFE-6
    @Test
    void submissionsToOneGroupKeepTheirOrderBehindALookup() throws Exception {
        var bobsRef = server.keyPackageOf(new ClientId("bob", "phone"));
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            for (int round = 0; round < 20; round++) {
                int epoch = round;
                long withWelcome =
                        alice.send(f ->
                                f.setCommit(
                                        bundle(commit(GROUP, epoch, "add"))
                                                .setWelcome(
                                                        welcome(List.of(bobsRef)).asByteString())));
                // Of the epoch that the commit begins: it would be refused if it overtook the
                // commit.
                long behind = alice.message(proposal(GROUP, epoch + 1, "after"));
                assertThat(alice.accepted(withWelcome).getPosition()).isEqualTo(2L * round + 1);
                assertThat(alice.accepted(behind).getPosition()).isEqualTo(2L * round + 2);
            }
        }
    }

    @Test
    void oneSubmissionTooManyInFlightIsRefused() throws Exception {
        var held = new ArrayList<Sinks.One<SubmissionAnswer>>();
        var arrived = new CountDownLatch(2);
        restart(
                TestServer.Setup.DEFAULT
                        .withSession(l -> with(l, 2, l.attachedGroupsMax()))
                        .withOrdering(ordering ->
                                submission -> {
                                    if (submission instanceof Submission.CreateSubmission) {
                                        return ordering.submit(submission);
                                    }
                                    var sink = Sinks.<SubmissionAnswer>one();
                                    held.add(sink);
                                    arrived.countDown();
                                    return sink.asMono();
                                }));
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            long first = alice.message(application(GROUP, 0, "1"));
            alice.message(application(GROUP, 0, "2"));
            var refused = alice.refused(alice.message(application(GROUP, 0, "3")));
            assertThat(refused.getCode()).isEqualTo(Code.TOO_MANY_IN_FLIGHT.wireName());
            assertThat(refused.getRetry()).isEqualTo(Retry.RETRY_LATER);
            assertThat(refused.getRetryAfterMillis()).isPositive();
            assertThat(arrived.await(5, TimeUnit.SECONDS)).isTrue();
            held.getFirst()
                    .tryEmitValue(SubmissionAnswer.RefusedAnswer.of(Code.OVERLOADED, "full"));
            alice.assertRefused(first, Code.OVERLOADED);
            alice.message(application(GROUP, 0, "4"));
            Awaitility.await().until(() -> held.size() == 3);
        }
    }

    /// Bytes in addition to a tree or a reference were not counted: 64 frames of 2 MiB could wait
    /// in one session.
    @Test
    void bytesWaitingInASessionAreBoundedAlsoWithATree() throws Exception {
        restart(
                TestServer.Setup.DEFAULT.withOrdering(ordering ->
                        submission ->
                                submission instanceof Submission.CreateSubmission
                                        ? ordering.submit(submission)
                                        : Mono.never()));
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            var message = commit(GROUP, 0, "c".repeat(60_000));
            var tree = MlsBytes.text("t".repeat(60_000));
            long last = 0;
            for (int i = 0; i < 60; i++) {
                last =
                        alice.send(f ->
                                f.setCommit(bundle(message).setRatchetTree(tree.asByteString())));
            }
            alice.assertRefused(last, Code.TOO_MANY_IN_FLIGHT);
        }
    }

    // Time

    // PROTOCOL R-LIFE-2
    @Test
    void withoutHelloTheConnectionIsClosedInTime() throws Exception {
        restart(
                TestServer.Setup.DEFAULT.withSession(
                        l -> with(l, Duration.ofMillis(200), l.pingInterval())));
        try (var client = TestClient.connect(server, FrameFormat.PROTO)) {
            client.assertClosed(Code.HELLO_TIMEOUT);
        }
    }

    // PROTOCOL R-PING-1 R-PING-3
    @Test
    void aSilentClientIsPingedAndThenClosed() throws Exception {
        restart(
                TestServer.Setup.DEFAULT.withSession(
                        l -> with(l, l.helloTimeout(), Duration.ofMillis(200))));
        try (var client = TestClient.open(server, "alice/phone")) {
            client.await(ServerFrame::hasPing);
            client.assertClosed(Code.SILENT);
        }
    }

    // PROTOCOL R-PING-2 R-PING-3
    /// Without pongs the third ping would close it. The margin tolerates a machine that stalls for
    /// a second.
    @Test
    void aClientThatAnswersPingsStays() throws Exception {
        restart(
                TestServer.Setup.DEFAULT.withSession(
                        l -> with(l, l.helloTimeout(), Duration.ofMillis(500))));
        try (var client = TestClient.open(server, "alice/phone")) {
            for (int i = 0; i < 5; i++) {
                var ping = client.await(ServerFrame::hasPing).getPing();
                client.send(f -> f.getPongBuilder().setNonce(ping.getNonce()));
            }
            assertThat(client.isClosed()).isFalse();
        }
    }

    @Test
    void readyTellsWhenTheTokenExpires() throws Exception {
        restart(
                TestServer.Setup.DEFAULT.withAuthenticator(token ->
                        Mono.just(
                                new TokenGrant(
                                        new ClientId("alice", "phone"),
                                        Instant.now().plusSeconds(3_600)))));
        try (var client = TestClient.connect(server, FrameFormat.PROTO)) {
            client.hello("a token");
            assertThat(client.await(ServerFrame::hasReady).getReady().getTokenExpiresInSeconds())
                    .isBetween(3_590, 3_600);
        }
    }

    /// A session that a person types died after three intervals.
    @Test
    void aDevelopmentServerSendsNoPingsOnRequest() throws Exception {
        restart(
                fastPings()
                        .withSettings(s ->
                                fastPings()
                                        .settings()
                                        .apply(s)
                                        .withBrowsers(new BrowserAccess(Set.of(), true))));
        try (var byHand = TestClient.connect(server, FrameFormat.JSON)) {
            byHand.sendText("{\"hello\":{\"token\":\"dev:alice/phone\",\"noPings\":true}}");
            assertThat(
                            byHand.await(ServerFrame::hasReady)
                                    .getReady()
                                    .getLimits()
                                    .getPingIntervalMillis())
                    .isZero();
            try (var other = TestClient.open(server, "bob/phone")) {
                // As long as it takes to close another session for silence.
                other.assertClosed(Code.SILENT);
            }
            assertThat(byHand.isClosed()).isFalse();
            byHand.accepted(byHand.create(GROUP));
        }
    }

    @Test
    void aProductionServerPingsEveryClient() throws Exception {
        restart(fastPings());
        try (var byHand = TestClient.connect(server, FrameFormat.JSON)) {
            byHand.sendText("{\"hello\":{\"token\":\"dev:alice/phone\",\"noPings\":true}}");
            assertThat(
                            byHand.await(ServerFrame::hasReady)
                                    .getReady()
                                    .getLimits()
                                    .getPingIntervalMillis())
                    .isEqualTo(100);
            byHand.assertClosed(Code.SILENT);
        }
    }

    // PROTOCOL R-TOKEN-3 R-TOKEN-4 R-LIFE-15
    @Test
    void anExpiredTokenClosesTheSession() throws Exception {
        restart(
                TestServer.Setup.DEFAULT.withAuthenticator(token ->
                        Mono.just(
                                new TokenGrant(
                                        new ClientId("alice", "phone"),
                                        Instant.now().plusMillis(700)))));
        try (var client = TestClient.open(server, "alice/phone")) {
            client.accepted(client.create(GROUP));
            // It ended without a notice before.
            assertThat(client.await(ServerFrame::hasTokenExpires).getTokenExpires().getInSeconds())
                    .isEqualTo(1);
            client.assertClosed(Code.UNAUTHENTICATED, "unauthenticated: token_expired");
        }
    }

    // PROTOCOL R-PING-4
    @Test
    void webSocketPingsAndClosesAreAnswered() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.upgrade("lockstep.v1.proto");
            raw.send(RawConnection.frame(0x89, new byte[] {1, 2, 3}));
            assertThat(raw.read(5)).containsExactly(0x8a, 3, 1, 2, 3);
            raw.send(
                    RawConnection.frame(
                            0x88, ByteBuffer.allocate(2).putShort((short) 1000).array()));
            assertThat(raw.read(4)).containsExactly(0x88, 2, 0x03, 0xe8);
            assertThat(raw.read()).isEqualTo(-1);
        }
    }

    @Test
    void aFragmentedMessageIsOneMessage() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.upgrade("lockstep.v1.json");
            var hello =
                    "{\"hello\":{\"token\":\"dev:alice/phone\"}}"
                            .getBytes(java.nio.charset.StandardCharsets.UTF_8);
            raw.send(RawConnection.frame(0x01, java.util.Arrays.copyOf(hello, 10)));
            raw.send(RawConnection.frame(0x89, new byte[0]));
            raw.send(RawConnection.frame(0x00, new byte[0]));
            raw.send(
                    RawConnection.frame(
                            0x80, java.util.Arrays.copyOfRange(hello, 10, hello.length)));
            assertThat(raw.read(2)).containsExactly(0x8a, 0);
            assertThat(raw.read()).isEqualTo(0x81);
        }
    }

    @Test
    void bytesSentTogetherWithTheUpgradeAreNotLost() throws Exception {
        try (var raw = new RawConnection(server)) {
            var request = RawConnection.upgradeRequest("lockstep.v1.json");
            var ping = RawConnection.frame(0x89, new byte[] {7});
            var both = new java.io.ByteArrayOutputStream();
            both.writeBytes(request.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            both.writeBytes(ping);
            raw.send(both.toByteArray());
            assertThat(raw.head()).startsWith("HTTP/1.1 101 ");
            assertThat(raw.read(3)).containsExactly(0x8a, 1, 7);
        }
    }

    private static SessionLimits with(SessionLimits l, int submissions, int groups) {
        return new SessionLimits(
                l.frameBytesMax(),
                l.messageBytesMax(),
                l.welcomeBytesMax(),
                submissions,
                groups,
                l.answerBytesMax(),
                l.writeLowBytes(),
                l.writeHighBytes(),
                l.helloTimeout(),
                l.authenticationTimeout(),
                l.pingInterval(),
                l.closeTimeout(),
                l.drain(),
                l.drainOverlap());
    }

    private static TestServer.Setup fastPings() {
        return TestServer.Setup.DEFAULT.withSession(
                l -> with(l, l.helloTimeout(), Duration.ofMillis(100)));
    }

    private static SessionLimits with(SessionLimits l, Duration hello, Duration ping) {
        return new SessionLimits(
                l.frameBytesMax(),
                l.messageBytesMax(),
                l.welcomeBytesMax(),
                l.submissionsInFlightMax(),
                l.attachedGroupsMax(),
                l.answerBytesMax(),
                l.writeLowBytes(),
                l.writeHighBytes(),
                hello,
                l.authenticationTimeout(),
                ping,
                l.closeTimeout(),
                l.drain(),
                l.drainOverlap());
    }
}
