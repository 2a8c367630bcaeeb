package io.lockstep.client.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientClosedException;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.DirectoryClient.DeviceKeyPackage;
import io.lockstep.client.FakeServer;
import io.lockstep.client.FakeServer.FakeSession;
import io.lockstep.client.HeadChain;
import io.lockstep.client.RefusedException;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.Processed;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Accepted;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Detached;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.Live;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Retry;
import io.lockstep.wire.proto.ServerFrame;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Tests a device (Alice) against a scripted server, with a second member (Bob) that is a plain MLS
/// identity.
class MemberDeviceTest {
    private static final GroupId ROOM = new GroupId(utf8("room"));
    private static final Bytes INCARNATION = Bytes.ofHex("000102030405060708090a0b0c0d0e0f");

    private static final int ATTEMPTS_MAX = 2;

    private final FakeServer server = new FakeServer(FrameFormat.PROTO);
    private final ClientNetwork network = ClientNetwork.start(1);
    private final EngineThread engine =
            BouncyCastleEngine.start("member test", InstantSource.system());
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final MemoryStore store = new MemoryStore();
    private Bytes head = HeadChain.first(ROOM, INCARNATION);
    private Duration answerWithin = Duration.ofMinutes(2);
    private MemberDevice alice;
    private Conversation conversation;
    private FakeSession session;
    private MlsGroup bob;

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static <T> T get(CompletableFuture<T> future) {
        return future.orTimeout(10, TimeUnit.SECONDS).join();
    }

    private <T> T onEngine(Supplier<T> task) {
        return get(engine.call(_ -> task.get()).toFuture());
    }

    /// The state that remains after a kill.
    private static final class MemoryStore implements MemberStore {
        private volatile Optional<Bytes> state = Optional.empty();
        private volatile int bytesMax = Integer.MAX_VALUE;

        @Override
        public Optional<Bytes> load() {
            return state;
        }

        @Override
        public void save(Bytes newest) {
            if (newest.size() > bytesMax) {
                throw new IllegalStateException("the store takes at most " + bytesMax + " bytes");
            }
            state = Optional.of(newest);
        }
    }

    private MemberDevice openAlice() {
        var config =
                ClientConfig.of(
                                server.webSocket(),
                                URI.create("http://127.0.0.1:1"),
                                () -> "dev:alice/laptop",
                                new Backoff(
                                        Duration.ofMillis(1),
                                        Duration.ofMillis(5),
                                        ATTEMPTS_MAX,
                                        new Random(1)))
                        .withAnswerWithin(answerWithin);
        return get(
                MemberDevice.open("alice/laptop", engine, network, config, new Hearing(), store)
                        .toFuture());
    }

    @BeforeEach
    void aliceMakesAGroupAndAddsBob() {
        alice = openAlice();
        var connected = alice.connect().toFuture();
        session = server.acceptReady(8);
        get(connected);
        var made = alice.createGroup(ROOM, GroupPolicy.getDefaultInstance()).toFuture();
        session.send(accepted(session.next(), 0, 0));
        assertThat(session.next().hasAttach()).isTrue();
        session.send(
                ServerFrame.newBuilder()
                        .setLive(
                                Live.newBuilder()
                                        .setGroupId(ROOM.bytes().asByteString())
                                        .setIncarnation(INCARNATION.asByteString())
                                        .setHead(head.asByteString())));
        conversation = get(made);
        MlsIdentity bobsIdentity = onEngineIdentity("bob/phone");
        var keyPackage = onEngine(bobsIdentity::newKeyPackage);
        var added =
                conversation
                        .add(
                                List.of(
                                        new DeviceKeyPackage(
                                                "bob/phone", Bytes.EMPTY, 1, false, keyPackage)))
                        .toFuture();
        var commit = session.next();
        place(commit, 1, Kind.KIND_COMMIT, 0, Bytes.of(commit.getCommit().getMessage()));
        assertThat(get(added).epoch()).isEqualTo(1);
        assertThat(hear()).isEqualTo("epoch 1 by alice/laptop");
        bob = onEngine(() -> bobsIdentity.join(Bytes.of(commit.getCommit().getWelcome())));
    }

    @AfterEach
    void stop() {
        alice.close();
        engine.close();
        network.close();
        server.close();
    }

    private MlsIdentity onEngineIdentity(String name) {
        return get(
                engine.call(mls -> mls.newIdentity(MemberDevice.identityOf(name), 1)).toFuture());
    }

    private final class Hearing implements MemberListener {
        @Override
        public void received(Conversation in, Delivered delivered, Bytes sender, Bytes plaintext) {
            heard.add(MemberDevice.nameOf(sender) + ": " + MemberDevice.nameOf(plaintext));
        }

        @Override
        public void epochBegan(Conversation in, Delivered delivered, Bytes committer) {
            heard.add("epoch " + in.epoch() + " by " + MemberDevice.nameOf(committer));
        }

        @Override
        public void removed(Conversation in, Delivered delivered) {
            heard.add("removed at " + delivered.position());
        }

        @Override
        public void ownPlaced(Conversation in, Delivered delivered, Bytes plaintext) {
            heard.add("own at " + delivered.position());
        }

        @Override
        public void failed(Conversation in, Delivered delivered, RuntimeException why) {
            heard.add("failed: " + why.getMessage());
        }
    }

    private String hear() {
        return FakeServer.take(heard, "word of it");
    }

    private ServerFrame.Builder accepted(ClientFrame submission, long position, long epoch) {
        return ServerFrame.newBuilder()
                .setRequestId(submission.getRequestId())
                .setAccepted(
                        Accepted.newBuilder()
                                .setGroupId(ROOM.bytes().asByteString())
                                .setIncarnation(INCARNATION.asByteString())
                                .setPosition(position)
                                .setHead(head.asByteString())
                                .setEpoch(epoch));
    }

    private ServerFrame.Builder delivery(long position, Kind kind, long epoch, Bytes message) {
        return ServerFrame.newBuilder()
                .setDelivery(
                        Delivery.newBuilder()
                                .setGroupId(ROOM.bytes().asByteString())
                                .setPosition(position)
                                .setKind(kind)
                                .setEpoch(epoch)
                                .setMessage(message.asByteString()));
    }

    private void advanceHead(long position, Kind kind, Bytes message) {
        var number = kind == Kind.KIND_COMMIT ? EntryKind.COMMIT : EntryKind.APPLICATION;
        head = HeadChain.next(head, ROOM, position, number, message.sha256());
    }

    /// Accepts a submission of Alice at the position, and delivers it.
    private void place(
            ClientFrame submission, long position, Kind kind, long epoch, Bytes message) {
        advanceHead(position, kind, message);
        session.send(
                accepted(submission, position, kind == Kind.KIND_COMMIT ? epoch + 1 : epoch),
                delivery(position, kind, epoch, message));
    }

    private void deliver(long position, Kind kind, long epoch, Bytes message) {
        advanceHead(position, kind, message);
        session.send(delivery(position, kind, epoch, message));
    }

    // PROTOCOL R-COMMIT-9 R-ORDER-4 R-REFUSED-5
    @Test
    @DisplayName("I1: a loser rebases from the refusal alone")
    void aLostCommitIsRepeatedFromTheRefusalAlone() {
        var won = onEngine(() -> bob.stage(Change.NONE));
        var committed = conversation.update().toFuture();
        var lost = session.next();
        onEngine(() -> merge(won));
        advanceHead(2, Kind.KIND_COMMIT, won.commit());
        refuse(
                lost,
                lostRace(2)
                        .addMissed(delivery(2, Kind.KIND_COMMIT, 1, won.commit()).getDelivery())
                        .setMissedAll(true));
        var again = session.next();
        assertThat(again.getCommit().getKnownPosition()).isEqualTo(2);
        var commit = Bytes.of(again.getCommit().getMessage());
        assertThat(commit).isNotEqualTo(Bytes.of(lost.getCommit().getMessage()));
        // The fan-out delivers the winner too; the device must not apply it twice.
        session.send(delivery(2, Kind.KIND_COMMIT, 1, won.commit()));
        place(again, 3, Kind.KIND_COMMIT, 2, commit);
        var outcome = get(committed);
        assertThat(outcome).isEqualTo(new Conversation.Committed(3, 3, 1));
        assertThat(hear()).isEqualTo("epoch 2 by bob/phone");
        assertThat(hear()).isEqualTo("epoch 3 by alice/laptop");
        onEngine(() -> bob.process(commit));
        assertThat(get(conversation.standing().toFuture()).epochAuthenticator())
                .isEqualTo(onEngine(bob::epochAuthenticator));
    }

    private boolean merge(MlsGroup.StagedCommit commit) {
        bob.merge(commit);
        return true;
    }

    // PROTOCOL R-DELIVERY-5
    @Test
    void othersMessagesAreDecryptedAndOwnOnesAreFoundByHash() {
        var hello = onEngine(() -> bob.encrypt(utf8("hello"), Bytes.EMPTY));
        deliver(2, Kind.KIND_APPLICATION, 1, hello);
        assertThat(hear()).isEqualTo("bob/phone: hello");
        var sent = conversation.send(utf8("hi")).toFuture();
        var frame = session.next();
        var message = Bytes.of(frame.getSend().getMessage());
        place(frame, 3, Kind.KIND_APPLICATION, 1, message);
        assertThat(get(sent).position()).isEqualTo(3);
        assertThat(hear()).isEqualTo("own at 3");
        assertThat(onEngine(() -> bob.process(message)))
                .isEqualTo(
                        new Processed.Application(
                                1, utf8("alice/laptop"), utf8("hi"), Bytes.EMPTY));
    }

    // PROTOCOL R-ORDER-5
    @Test
    void aMessageOfATooOldEpochIsEncryptedAgain() {
        var sent = conversation.send(utf8("hi")).toFuture();
        var old = session.next();
        var commit = onEngine(() -> bob.stage(Change.NONE));
        onEngine(() -> merge(commit));
        session.send(
                ServerFrame.newBuilder()
                        .setRequestId(old.getRequestId())
                        .setRefused(
                                Refused.newBuilder()
                                        .setCode(Code.EPOCH_TOO_OLD.wireName())
                                        .setRetry(Retry.RETRY_NEVER)
                                        .setGroupId(ROOM.bytes().asByteString())
                                        .setEpoch(2)
                                        .setPosition(2)));
        deliver(2, Kind.KIND_COMMIT, 1, commit.commit());
        var anew = session.next();
        place(anew, 3, Kind.KIND_APPLICATION, 2, Bytes.of(anew.getSend().getMessage()));
        assertThat(get(sent).position()).isEqualTo(3);
        assertThat(onEngine(() -> bob.process(Bytes.of(anew.getSend().getMessage()))))
                .isInstanceOf(Processed.Application.class);
    }

    @Test
    void aRemovedDeviceLearnsItAndCannotSend() {
        // Bouncy Castle cannot commit a removal that leaves one member, so the commit also adds
        // Dave.
        var dave = onEngine(onEngineIdentity("dave/phone")::newKeyPackage);
        var change = new Change(List.of(dave), List.of(utf8("alice/laptop")));
        var removal = onEngine(() -> bob.stage(change));
        deliver(2, Kind.KIND_COMMIT, 1, removal.commit());
        assertThat(hear()).isEqualTo("removed at 2");
        assertThat(get(conversation.standing().toFuture()).removed()).isTrue();
        var sent = conversation.send(utf8("hello?")).toFuture();
        session.send(
                ServerFrame.newBuilder()
                        .setRequestId(session.next().getRequestId())
                        .setRefused(
                                Refused.newBuilder()
                                        .setCode(Code.REMOVED.wireName())
                                        .setRetry(Retry.RETRY_NEVER)));
        assertThatThrownBy(() -> get(sent)).hasRootCauseInstanceOf(RefusedException.class);
    }

    /// Regression: only failures of the engine reached the caller. After one of the store it
    /// waited, and the command line reported that the server did not answer.
    @Test
    void aStateThatTheStoreRefusesFailsTheCallWithTheStoresReason() {
        store.bytesMax = 10;
        assertThatThrownBy(() -> get(conversation.send(utf8("hi")).toFuture()))
                .hasRootCauseMessage("the store takes at most 10 bytes");
        assertThatThrownBy(() -> get(conversation.update().toFuture()))
                .hasRootCauseMessage("the store takes at most 10 bytes");
        store.bytesMax = Integer.MAX_VALUE;
        var sent = conversation.send(utf8("hi")).toFuture();
        var frame = session.next();
        place(frame, 2, Kind.KIND_APPLICATION, 1, Bytes.of(frame.getSend().getMessage()));
        assertThat(get(sent).position()).isEqualTo(2);
    }

    @Test
    void anUndecryptableMessageDoesNotStopLaterOnes() {
        deliver(2, Kind.KIND_APPLICATION, 1, tampered());
        assertThat(hear()).startsWith("failed");
        deliver(
                3,
                Kind.KIND_APPLICATION,
                1,
                onEngine(() -> bob.encrypt(utf8("still here"), Bytes.EMPTY)));
        assertThat(hear()).isEqualTo("bob/phone: still here");
    }

    /// The server answers each attempt with `outcome_unknown`, until the client gives up.
    private ClientFrame neverLearnsTheOutcome() {
        var first = session.next();
        var frame = first;
        for (int attempt = 0; attempt <= ATTEMPTS_MAX; attempt++) {
            assertThat(frame).isEqualTo(first);
            session.send(
                    ServerFrame.newBuilder()
                            .setRequestId(frame.getRequestId())
                            .setRefused(
                                    Refused.newBuilder()
                                            .setCode(Code.OUTCOME_UNKNOWN.wireName())
                                            .setRetry(Retry.RETRY_TO_LEARN_OUTCOME)));
            if (attempt < ATTEMPTS_MAX) {
                frame = session.next();
            }
        }
        return first;
    }

    private void assertUnknown(CompletableFuture<?> outcome) {
        assertThatThrownBy(() -> get(outcome))
                .rootCause()
                .asInstanceOf(InstanceOfAssertFactories.type(RefusedException.class))
                .matches(RefusedException::isOutcomeUnknown);
    }

    private void assertInStepWithBob() {
        assertThat(get(conversation.standing().toFuture()).epochAuthenticator())
                .isEqualTo(onEngine(bob::epochAuthenticator));
    }

    // PROTOCOL R-SUB-13 R-SUB-15
    /// Regression: the client dropped the staged commit when it gave up asking, and the log then
    /// delivered that commit. The device stayed in the previous epoch forever.
    @Test
    void aCommitOfUnknownOutcomeTakesEffectWhenTheLogDeliversIt() {
        var committed = conversation.update().toFuture();
        var frame = neverLearnsTheOutcome();
        assertUnknown(committed);
        var commit = Bytes.of(frame.getCommit().getMessage());
        onEngine(() -> bob.process(commit));
        deliver(2, Kind.KIND_COMMIT, 1, commit);
        assertThat(hear()).isEqualTo("epoch 2 by alice/laptop");
        assertInStepWithBob();
    }

    // PROTOCOL R-SUB-13
    @Test
    void aCommitOfUnknownOutcomeIsDroppedWhenTheLogDeliversAnother() {
        var committed = conversation.update().toFuture();
        neverLearnsTheOutcome();
        assertUnknown(committed);
        var won = onEngine(() -> bob.stage(Change.NONE));
        onEngine(() -> merge(won));
        deliver(2, Kind.KIND_COMMIT, 1, won.commit());
        assertThat(hear()).isEqualTo("epoch 2 by bob/phone");
        assertInStepWithBob();
        var again = conversation.update().toFuture();
        var frame = session.next();
        place(frame, 3, Kind.KIND_COMMIT, 2, Bytes.of(frame.getCommit().getMessage()));
        assertThat(get(again)).isEqualTo(new Conversation.Committed(3, 3, 0));
    }

    // PROTOCOL R-SUB-14
    /// Regression: a second commit would lose against the first one, or repeat its change.
    @Test
    void theNextCommitFirstAsksForTheOutcomeOfThePreviousOne() {
        var first = conversation.update().toFuture();
        var unknown = neverLearnsTheOutcome();
        assertUnknown(first);
        var second = conversation.update().toFuture();
        var asked = session.next();
        assertThat(asked.getCommit()).isEqualTo(unknown.getCommit());
        place(asked, 2, Kind.KIND_COMMIT, 1, Bytes.of(asked.getCommit().getMessage()));
        var frame = session.next();
        place(frame, 3, Kind.KIND_COMMIT, 2, Bytes.of(frame.getCommit().getMessage()));
        assertThat(get(second)).isEqualTo(new Conversation.Committed(3, 3, 0));
        assertThat(hear()).isEqualTo("epoch 2 by alice/laptop");
        assertThat(hear()).isEqualTo("epoch 3 by alice/laptop");
    }

    // PROTOCOL R-SUB-13 R-CLIENT-2
    /// Close code 4004 or a local close ends all submissions. Regression: the state saved
    /// afterwards lacked the commit.
    @Test
    void aCommitWhoseClientWasClosedTakesEffectInTheNextRun() {
        var committed = conversation.update().toFuture();
        var commit = Bytes.of(session.next().getCommit().getMessage());
        session.close(Code.SESSION_REPLACED.number());
        assertThatThrownBy(() -> get(committed))
                .hasRootCauseInstanceOf(ClientClosedException.class);
        get(alice.flush().toFuture());
        alice = openAlice();
        var connected = alice.connect().toFuture();
        session = server.accept();
        assertThat(session.next().getHello().getResume(0).getCursor().getPosition()).isEqualTo(1);
        session.send(FakeServer.ready(8));
        get(connected);
        conversation = onEngine(() -> alice.conversations().getFirst());
        onEngine(() -> bob.process(commit));
        deliver(2, Kind.KIND_COMMIT, 1, commit);
        assertThat(hear()).isEqualTo("epoch 2 by alice/laptop");
        assertInStepWithBob();
    }

    private void deliverJunk(long position) {
        var junk = utf8("junk");
        advanceHead(position, Kind.KIND_COMMIT, junk);
        var delivery = delivery(position, Kind.KIND_COMMIT, 1, junk).getDelivery();
        session.send(
                ServerFrame.newBuilder().setDelivery(delivery.toBuilder().setProvisional(true)));
        assertThat(hear()).startsWith("failed: ");
    }

    /// Bug: the next process did not know of the commit that it could not follow. It attached behind
    /// it, which confirms it, and rejected the next valid one.
    // PROTOCOL R-VOID-3
    @Test
    @DisplayName("I1: a device that starts again before its rejection is answered rejects again")
    void aDeviceThatStartsAgainRejectsAgain() {
        var before = head;
        deliverJunk(2);
        assertThat(session.next().getReject().getPosition()).isEqualTo(2);
        session.close(Code.SESSION_REPLACED.number());
        get(alice.flush().toFuture());
        alice = openAlice();
        var connected = alice.connect().toFuture();
        session = server.accept();
        assertThat(session.next().getHello().getResume(0).getCursor().getPosition()).isEqualTo(1);
        session.send(FakeServer.ready(8));
        get(connected);
        head = before;
        deliverJunk(2);
        assertThat(session.next().getReject().getPosition()).isEqualTo(2);
    }

    /// Bug: the device acknowledged the commit, which confirms it, and joined again on top of it.
    // PROTOCOL R-VOID-3
    @Test
    @DisplayName(
            "I1: a rejection that an overloaded server does not take is sent until it is answered")
    void aRejectionIsSentUntilItIsAnswered() {
        deliverJunk(2);
        for (int attempt = 0; attempt < 2 * ATTEMPTS_MAX; attempt++) {
            var frame = session.next();
            assertThat(frame.getReject().getPosition()).isEqualTo(2);
            session.send(
                    ServerFrame.newBuilder()
                            .setRequestId(frame.getRequestId())
                            .setRefused(
                                    Refused.newBuilder()
                                            .setCode(Code.OVERLOADED.wireName())
                                            .setRetry(Retry.RETRY_LATER)
                                            .setGroupId(ROOM.bytes().asByteString())));
        }
        assertThat(session.next().hasReject()).isTrue();
    }

    @Test
    void aDeliveryCompletesACommitWithoutAnAnswer() {
        var committed = conversation.update().toFuture();
        deliver(2, Kind.KIND_COMMIT, 1, Bytes.of(session.next().getCommit().getMessage()));
        assertThat(get(committed)).isEqualTo(new Conversation.Committed(2, 2, 0));
    }

    /// The sender cannot decrypt its own message. Regression: the device forgot it, and its
    /// delivery failed.
    @Test
    void aMessageOfUnknownOutcomeIsRecognisedWhenTheLogDeliversIt() {
        var sent = conversation.send(utf8("hi")).toFuture();
        var frame = neverLearnsTheOutcome();
        assertUnknown(sent);
        deliver(2, Kind.KIND_APPLICATION, 1, Bytes.of(frame.getSend().getMessage()));
        assertThat(hear()).isEqualTo("own at 2");
    }

    @Test
    void aProposalOfUnknownOutcomeStaysAnOwnProposal() {
        var proposed = conversation.proposeRemove("bob/phone").toFuture();
        neverLearnsTheOutcome();
        assertUnknown(proposed);
        assertThat(onEngine(conversation::saved).ownProposals()).hasSize(1);
    }

    @Test
    void aGroupOfUnknownOutcomeIsTheSameWhenItIsCreatedAgain() {
        var id = new GroupId(utf8("another room"));
        var policy = GroupPolicy.getDefaultInstance();
        assertUnknown(createdInVain(id, policy));
        var first = lastCreate;
        assertUnknown(createdInVain(id, policy));
        assertThat(lastCreate).isEqualTo(first);
    }

    private io.lockstep.wire.proto.Create lastCreate =
            io.lockstep.wire.proto.Create.getDefaultInstance();

    private CompletableFuture<?> createdInVain(GroupId id, GroupPolicy policy) {
        var made = alice.createGroup(id, policy).toFuture();
        lastCreate = neverLearnsTheOutcome().getCreate();
        return made;
    }

    // PROTOCOL R-EXT-8
    /// A new external commit would leave the leaf of the first one in the group.
    @Test
    void anExternalCommitOfUnknownOutcomeIsSentAgain() {
        var carol = onEngineIdentity("alice/tablet");
        var unsettled = new HashMap<GroupId, MlsIdentity.ExternalCommit>();
        var join = onEngine(() -> carol.joinExternally(bob.groupInfo()));
        onEngine(() -> unsettled.put(ROOM, join) == null);
        for (int round = 0; round < 2; round++) {
            var entry =
                    ExternalJoinResult.attempt(alice.client(), engine, carol, ROOM, unsettled)
                            .toFuture();
            var frame = neverLearnsTheOutcome();
            assertUnknown(entry);
            assertThat(Bytes.of(frame.getCommit().getMessage())).isEqualTo(join.commit());
        }
        var entry =
                ExternalJoinResult.attempt(alice.client(), engine, carol, ROOM, unsettled)
                        .toFuture();
        place(session.next(), 2, Kind.KIND_COMMIT, 1, join.commit());
        assertThat(get(entry).group()).isSameAs(join.group());
        assertThat(onEngine(() -> unsettled)).isEmpty();
    }

    private Bytes tampered() {
        var bytes = onEngine(() -> bob.encrypt(utf8("x"), Bytes.EMPTY)).toArray();
        bytes[bytes.length - 1] ^= 1;
        return Bytes.wrap(bytes);
    }

    private static void assertEndsWith(CompletableFuture<?> call, String code) {
        assertThatThrownBy(() -> get(call))
                .cause()
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }

    private void refuse(ClientFrame submission, Refused.Builder refusal) {
        session.send(
                ServerFrame.newBuilder()
                        .setRequestId(submission.getRequestId())
                        .setRefused(refusal));
    }

    private static Refused.Builder lostRace(long position) {
        return Refused.newBuilder()
                .setCode(Code.EPOCH_CONFLICT.wireName())
                .setRetry(Retry.RETRY_AFTER_REBASE)
                .setGroupId(ROOM.bytes().asByteString())
                .setEpoch(2)
                .setPosition(position);
    }

    /// Bug: calls that waited for entries never ended when no more entries could come.
    @Test
    void callsThatWaitForEntriesEndWhenDeliveriesEnd() {
        var committed = conversation.update().toFuture();
        refuse(session.next(), lostRace(9));
        var reached = conversation.reached(9).toFuture();
        session.send(
                ServerFrame.newBuilder()
                        .setDetached(
                                Detached.newBuilder()
                                        .setGroupId(ROOM.bytes().asByteString())
                                        .setCode(Code.GROUP_FROZEN.wireName())));
        assertEndsWith(committed, "group_frozen");
        assertEndsWith(reached, "group_frozen");
        assertEndsWith(conversation.reached(10).toFuture(), "group_frozen");
    }

    /// Bug: after a reconnect the device waited for a group that it does not attach again.
    @Test
    void anEndedGroupStaysEndedWhenTheClientReconnects() {
        session.send(
                ServerFrame.newBuilder()
                        .setDetached(
                                Detached.newBuilder()
                                        .setGroupId(ROOM.bytes().asByteString())
                                        .setCode(Code.GROUP_FROZEN.wireName())));
        session.drop();
        session = server.acceptReady(8);
        assertEndsWith(conversation.caughtUp().toFuture(), "group_frozen");
    }

    @Test
    @DisplayName("I3: another history ends the calls that wait for entries")
    void anotherHistoryEndsTheCallsThatWait() {
        var reached = conversation.reached(9).toFuture();
        session.send(
                ServerFrame.newBuilder()
                        .setLive(
                                Live.newBuilder()
                                        .setGroupId(ROOM.bytes().asByteString())
                                        .setIncarnation(INCARNATION.asByteString())
                                        .setPosition(1)
                                        .setHead(INCARNATION.asByteString())));
        assertEndsWith(reached, "other_history");
    }

    @Test
    void waitsForEntriesThatNeverComeEndInTime() {
        alice.close();
        answerWithin = Duration.ofMillis(300);
        alice = openAlice();
        conversation = onEngine(() -> alice.conversations().getFirst());
        assertEndsWith(conversation.reached(9).toFuture(), "unavailable");
        assertEndsWith(conversation.caughtUp().toFuture(), "unavailable");
    }

    /// Nobody decides about the commit: not enough members are there to reject or to confirm it.
    @Test
    void aCommitBehindAnUndecidedOneEndsInTime() {
        get(alice.flush().toFuture());
        alice.close();
        answerWithin = Duration.ofMillis(300);
        alice = openAlice();
        conversation = onEngine(() -> alice.conversations().getFirst());
        var connected = alice.connect().toFuture();
        session = server.acceptReady(8);
        get(connected);
        deliverJunk(2);
        assertEndsWith(conversation.update().toFuture(), "unavailable");
    }
}
