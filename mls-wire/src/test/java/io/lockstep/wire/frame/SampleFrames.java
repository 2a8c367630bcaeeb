package io.lockstep.wire.frame;

import com.google.protobuf.ByteString;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.Accepted;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.CommitConfirmed;
import io.lockstep.wire.proto.CommitRejected;
import io.lockstep.wire.proto.CommitsVoided;
import io.lockstep.wire.proto.ControlEntry;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Detach;
import io.lockstep.wire.proto.Detached;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.Gap;
import io.lockstep.wire.proto.GoAway;
import io.lockstep.wire.proto.GroupFrozen;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.GroupReinitialized;
import io.lockstep.wire.proto.GroupThawed;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Inbox;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.KeyPackagesLow;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.Leave;
import io.lockstep.wire.proto.Limits;
import io.lockstep.wire.proto.Live;
import io.lockstep.wire.proto.MemberLeft;
import io.lockstep.wire.proto.Ping;
import io.lockstep.wire.proto.PolicyChanged;
import io.lockstep.wire.proto.PolicyRight;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.Ready;
import io.lockstep.wire.proto.Reference;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Reinit;
import io.lockstep.wire.proto.ReinitRule;
import io.lockstep.wire.proto.Reject;
import io.lockstep.wire.proto.Retry;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import io.lockstep.wire.proto.SetPolicy;
import io.lockstep.wire.proto.SuiteCount;
import io.lockstep.wire.proto.TokenExpires;
import java.util.List;

/// One frame of every kind, with every field set.
public final class SampleFrames {
    private static final ByteString GROUP = ByteString.copyFromUtf8("room");
    private static final ByteString SUCCESSOR = ByteString.copyFromUtf8("room 2");
    private static final ByteString INCARNATION = hex("000102030405060708090a0b0c0d0e0f");
    private static final ByteString HEAD = hex("a0".repeat(32));
    private static final ByteString MESSAGE = hex("0001000204726f6f6d0000000000000007010001aa01bb");
    private static final ByteString COMMIT = hex("0001000204726f6f6d0000000000000007030001aa01bb");
    private static final Cursor CURSOR =
            Cursor.newBuilder()
                    .setGroupId(GROUP)
                    .setIncarnation(INCARNATION)
                    .setPosition(41)
                    .setHead(HEAD)
                    .build();
    private static final Attach ATTACH =
            Attach.newBuilder().setCursor(CURSOR).setWindow(256).build();

    private static final Reference BLOB =
            Reference.newBuilder().setSha256(HEAD).setSize(4_100_000).build();

    private SampleFrames() {}

    public static List<ClientFrame> client() {
        return List.of(
                client(1)
                        .setHello(
                                Hello.newBuilder()
                                        .setToken("dev:alice/phone")
                                        .setAgent("Zoë's client 1.0")
                                        .addResume(ATTACH)
                                        .addResume(Attach.getDefaultInstance()))
                        .build(),
                client(2).setAttach(ATTACH).build(),
                client(3).setDetach(Detach.newBuilder().setGroupId(GROUP)).build(),
                client(4)
                        .setCreate(
                                Create.newBuilder()
                                        .setGroupId(GROUP)
                                        .setEpoch(7)
                                        .setPolicy(
                                                GroupPolicy.newBuilder()
                                                        .setPastEpochs(0)
                                                        .setExternalJoin(
                                                                ExternalJoin.EXTERNAL_JOIN_OPEN)
                                                        .setRetentionSeconds(86_400)
                                                        .setRetentionBytes(1_048_576))
                                        .setGroupInfo(hex("00010004"))
                                        .setRatchetTree(hex("0100")))
                        .build(),
                client(5).setSend(Send.newBuilder().setMessage(MESSAGE).setEphemeral(true)).build(),
                client(9)
                        .setSend(Send.newBuilder().setMessageReference(BLOB).setGroupId(GROUP))
                        .build(),
                client(6)
                        .setCommit(
                                Commit.newBuilder()
                                        .setMessage(COMMIT)
                                        .setWelcome(hex("00010003"))
                                        .setGroupInfo(hex("00010004"))
                                        .setRosterChange(
                                                RosterChange.newBuilder()
                                                        .addAdd("bob/phone")
                                                        .addAdd("carol/laptop")
                                                        .addRemove("dave/phone"))
                                        .setKnownPosition(41)
                                        .setRatchetTree(hex("0100")))
                        .build(),
                client(10)
                        .setCommit(
                                Commit.newBuilder()
                                        .setMessageReference(BLOB)
                                        .setWelcomeReference(BLOB)
                                        .setGroupInfoReference(BLOB)
                                        .setRatchetTreeReference(BLOB)
                                        .setGroupId(GROUP))
                        .build(),
                client(7).setAck(Ack.newBuilder().setGroupId(GROUP).setPosition(42)).build(),
                client(8)
                        .setInboxAck(InboxAck.newBuilder().addId(hex("0a")).addId(hex("0b0c")))
                        .build(),
                client(0).setPong(Pong.newBuilder().setNonce(-1)).build(),
                client(0)
                        .setHello(Hello.newBuilder().setToken("dev:bob/phone").setNoPings(true))
                        .build(),
                client(10)
                        .setCreate(
                                Create.newBuilder()
                                        .setGroupId(GROUP)
                                        .setPolicy(GroupPolicy.newBuilder().setVoidAfter(2)))
                        .build(),
                client(11)
                        .setReject(
                                Reject.newBuilder()
                                        .setGroupId(GROUP)
                                        .setPosition(45)
                                        .setReason("wrong confirmation tag"))
                        .build(),
                client(12)
                        .setReinit(
                                Reinit.newBuilder()
                                        .setGroupId(GROUP)
                                        .setSuccessorGroupId(SUCCESSOR))
                        .build(),
                client(13).setLeave(Leave.newBuilder().setGroupId(GROUP)).build(),
                client(14)
                        .setSetPolicy(
                                SetPolicy.newBuilder()
                                        .setGroupId(GROUP)
                                        .setPolicy(
                                                GroupPolicy.newBuilder()
                                                        .setVoidAfter(2)
                                                        .setChange(PolicyRight.POLICY_MEMBERS)))
                        .build(),
                client(13)
                        .setCreate(
                                Create.newBuilder()
                                        .setGroupId(GROUP)
                                        .setPolicy(
                                                GroupPolicy.newBuilder()
                                                        .setReinit(ReinitRule.REINIT_MEMBERS)))
                        .build());
    }

    static List<ServerFrame> server() {
        return List.of(
                server(1)
                        .setReady(
                                Ready.newBuilder()
                                        .setClient("alice/phone")
                                        .setLimits(
                                                Limits.newBuilder()
                                                        .setFrameBytesMax(2_097_152)
                                                        .setMessageBytesMax(65_536)
                                                        .setSubmissionsInFlightMax(64)
                                                        .setPingIntervalMillis(30_000)
                                                        .setAttachedGroupsMax(1_000)
                                                        .setBlobBytesMax(16_777_216)
                                                        .setWelcomeBytesMax(1_048_576)))
                        .build(),
                server(5)
                        .setAccepted(
                                Accepted.newBuilder()
                                        .setGroupId(GROUP)
                                        .setIncarnation(INCARNATION)
                                        .setPosition(42)
                                        .setHead(HEAD)
                                        .setEpoch(7)
                                        .setRepeat(true))
                        .build(),
                server(6)
                        .setRefused(
                                Refused.newBuilder()
                                        .setCode("epoch_conflict")
                                        .setDetail("another commit came first")
                                        .setRetry(Retry.RETRY_AFTER_REBASE)
                                        .setRetryAfterMillis(50)
                                        .setGroupId(GROUP)
                                        .setIncarnation(INCARNATION)
                                        .setEpoch(8)
                                        .setPosition(43)
                                        .setHead(HEAD)
                                        .addMissed(delivery(42, Kind.KIND_APPLICATION, MESSAGE))
                                        .addMissed(delivery(43, Kind.KIND_COMMIT, COMMIT))
                                        .setMissedAll(true))
                        .build(),
                server(0).setDelivery(delivery(42, Kind.KIND_APPLICATION, MESSAGE)).build(),
                server(0)
                        .setDelivery(
                                Delivery.newBuilder()
                                        .setGroupId(GROUP)
                                        .setPosition(44)
                                        .setKind(Kind.KIND_PROPOSAL)
                                        .setEpoch(8)
                                        .setAcceptedAtMillis(1_795_435_200_123L)
                                        .setReference(BLOB)
                                        .addVoidedProposals(40)
                                        .addVoidedProposals(43)
                                        .setWithoutGroupInfo(true))
                        .build(),
                server(0)
                        .setInbox(
                                Inbox.newBuilder()
                                        .setId(hex("0a"))
                                        .setGroupId(GROUP)
                                        .setWelcome(hex("00010003"))
                                        .setKeyPackageRef(HEAD)
                                        .setCursor(CURSOR)
                                        .setEpoch(8)
                                        .setRatchetTree(BLOB)
                                        .setWelcomeBytes(70_000))
                        .build(),
                server(0)
                        .setLive(
                                Live.newBuilder()
                                        .setGroupId(GROUP)
                                        .setIncarnation(INCARNATION)
                                        .setPosition(43)
                                        .setHead(HEAD)
                                        .setEpoch(8))
                        .build(),
                server(2)
                        .setGap(
                                Gap.newBuilder()
                                        .setGroupId(GROUP)
                                        .setCode("trimmed")
                                        .setIncarnation(INCARNATION)
                                        .setFirstPosition(1_000)
                                        .setPosition(2_000)
                                        .setEpoch(99))
                        .build(),
                server(3)
                        .setDetached(Detached.newBuilder().setGroupId(GROUP).setCode("requested"))
                        .build(),
                server(0).setPing(Ping.newBuilder().setNonce(Long.MIN_VALUE)).build(),
                server(0)
                        .setGoAway(
                                GoAway.newBuilder()
                                        .setCode("going_away")
                                        .setReconnectAfterMillis(1_500))
                        .build(),
                server(0)
                        .setKeyPackagesLow(
                                KeyPackagesLow.newBuilder()
                                        .addSuites(SuiteCount.newBuilder().setSuite(1).setLeft(9)))
                        .build(),
                server(0)
                        .setReady(
                                Ready.newBuilder()
                                        .setClient("alice/phone")
                                        .setTokenExpiresInSeconds(3_600))
                        .build(),
                server(0).setTokenExpires(TokenExpires.newBuilder().setInSeconds(45)).build(),
                server(0)
                        .setDelivery(
                                delivery(45, Kind.KIND_COMMIT, COMMIT).toBuilder()
                                        .setProvisional(true)
                                        .setConfirms(42)
                                        .setRosterChange(
                                                RosterChange.newBuilder()
                                                        .addAdd("bob/laptop")
                                                        .addRemove("carol/phone")))
                        .build(),
                server(0)
                        .setDelivery(
                                delivery(46, Kind.KIND_COMMIT, COMMIT).toBuilder()
                                        .setRosterChangeReference(BLOB))
                        .build(),
                control(
                        46,
                        ControlEntry.newBuilder()
                                .setRejected(
                                        CommitRejected.newBuilder()
                                                .setPosition(45)
                                                .setReason("wrong confirmation tag"))),
                control(
                        47,
                        ControlEntry.newBuilder()
                                .setVoided(CommitsVoided.newBuilder().setPosition(45).setEpoch(7))),
                control(
                        50,
                        ControlEntry.newBuilder()
                                .setConfirmed(CommitConfirmed.newBuilder().setPosition(48))),
                control(
                        51,
                        ControlEntry.newBuilder()
                                .setReinitialized(
                                        GroupReinitialized.newBuilder()
                                                .setSuccessorGroupId(SUCCESSOR))),
                control(
                        52,
                        ControlEntry.newBuilder()
                                .setFrozen(GroupFrozen.newBuilder().setEvidence("ticket 4711"))),
                control(
                        53,
                        ControlEntry.newBuilder()
                                .setVoided(
                                        CommitsVoided.newBuilder()
                                                .setPosition(48)
                                                .setEpoch(7)
                                                .setByOperator(true)
                                                .setEvidence("ticket 4711"))),
                control(
                        54,
                        ControlEntry.newBuilder()
                                .setThawed(GroupThawed.newBuilder().setEvidence("repaired"))),
                control(
                        55,
                        ControlEntry.newBuilder()
                                .setReinitialized(
                                        GroupReinitialized.newBuilder()
                                                .setSuccessorGroupId(SUCCESSOR)
                                                .setByOperator(true)
                                                .setEvidence("beyond repair"))),
                control(
                        56,
                        ControlEntry.newBuilder()
                                .setMemberLeft(MemberLeft.newBuilder().setClient("bob/laptop"))),
                control(
                        57,
                        ControlEntry.newBuilder()
                                .setPolicyChanged(
                                        PolicyChanged.newBuilder()
                                                .setPolicy(
                                                        GroupPolicy.newBuilder()
                                                                .setPastEpochs(1)
                                                                .setExternalJoin(
                                                                        ExternalJoin
                                                                                .EXTERNAL_JOIN_DEVICES)
                                                                .setRetentionSeconds(2_592_000)
                                                                .setVoidAfter(2)
                                                                .setReinit(
                                                                        ReinitRule.REINIT_CREATOR)
                                                                .setChange(
                                                                        PolicyRight.POLICY_MEMBERS))
                                                .setClient("alice/phone"))),
                server(0)
                        .setDetached(Detached.newBuilder().setGroupId(GROUP).setCode("left"))
                        .build(),
                server(12)
                        .setRefused(
                                Refused.newBuilder()
                                        .setCode("group_reinitialized")
                                        .setRetry(Retry.RETRY_NEVER)
                                        .setGroupId(GROUP)
                                        .setSuccessorGroupId(SUCCESSOR))
                        .build(),
                server(0)
                        .setKeyPackagesLow(
                                KeyPackagesLow.newBuilder()
                                        .addSuites(
                                                SuiteCount.newBuilder()
                                                        .setSuite(1)
                                                        .setLastResortClaims(2)))
                        .build());
    }

    private static ServerFrame control(long position, ControlEntry.Builder control) {
        return server(0)
                .setDelivery(
                        Delivery.newBuilder()
                                .setGroupId(GROUP)
                                .setPosition(position)
                                .setKind(Kind.KIND_CONTROL)
                                .setEpoch(8)
                                .setAcceptedAtMillis(1_795_435_200_123L)
                                .setMessage(control.build().toByteString())
                                .setControl(control))
                .build();
    }

    private static Delivery delivery(long position, Kind kind, ByteString message) {
        return Delivery.newBuilder()
                .setGroupId(GROUP)
                .setPosition(position)
                .setKind(kind)
                .setEpoch(7)
                .setAcceptedAtMillis(1_795_435_200_123L)
                .setMessage(message)
                .build();
    }

    private static ClientFrame.Builder client(long requestId) {
        return ClientFrame.newBuilder().setRequestId(requestId);
    }

    private static ServerFrame.Builder server(long requestId) {
        return ServerFrame.newBuilder().setRequestId(requestId);
    }

    private static ByteString hex(String hex) {
        return Bytes.ofHex(hex).asByteString();
    }
}
