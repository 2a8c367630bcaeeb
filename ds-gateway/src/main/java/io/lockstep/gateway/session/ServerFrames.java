package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.KeyPackageCount;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.tail.DeliveryFrames;
import io.lockstep.gateway.access.Postponement;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogPosition;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Accepted;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Detached;
import io.lockstep.wire.proto.Gap;
import io.lockstep.wire.proto.GoAway;
import io.lockstep.wire.proto.Inbox;
import io.lockstep.wire.proto.KeyPackagesLow;
import io.lockstep.wire.proto.Limits;
import io.lockstep.wire.proto.Live;
import io.lockstep.wire.proto.Ping;
import io.lockstep.wire.proto.Ready;
import io.lockstep.wire.proto.Reference;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.ServerFrame;
import io.lockstep.wire.proto.SuiteCount;
import io.lockstep.wire.proto.TokenExpires;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// Creates server frames from the results of the services. Stateless.
final class ServerFrames {
    /// The least time that a client should wait before it retries.
    private static final int RETRY_AFTER_MILLIS = 1_000;

    private ServerFrames() {}

    /// @param pingInterval 0: the server does not ping the client
    /// @param tokenLeft until the token expires; empty: never
    static ServerFrame ready(
            ClientId client,
            SessionLimits limits,
            int blobBytesMax,
            Duration pingInterval,
            Optional<Duration> tokenLeft) {
        return ServerFrame.newBuilder()
                .setReady(
                        Ready.newBuilder()
                                .setClient(client.toString())
                                .setLimits(
                                        Limits.newBuilder()
                                                .setFrameBytesMax(limits.frameBytesMax())
                                                .setMessageBytesMax(limits.messageBytesMax())
                                                .setSubmissionsInFlightMax(
                                                        limits.submissionsInFlightMax())
                                                .setPingIntervalMillis(
                                                        (int) pingInterval.toMillis())
                                                .setAttachedGroupsMax(limits.attachedGroupsMax())
                                                .setBlobBytesMax(blobBytesMax)
                                                .setWelcomeBytesMax(limits.welcomeBytesMax()))
                                .setTokenExpiresInSeconds(
                                        tokenLeft.map(ServerFrames::seconds).orElse(0)))
                .build();
    }

    static ServerFrame accepted(
            long requestId, GroupId group, SubmissionAnswer.AcceptedAnswer accepted) {
        var logPosition = accepted.logPosition();
        return ServerFrame.newBuilder()
                .setRequestId(requestId)
                .setAccepted(
                        Accepted.newBuilder()
                                .setGroupId(group.bytes().asByteString())
                                .setIncarnation(logPosition.incarnation().asByteString())
                                .setPosition(logPosition.position())
                                .setHead(logPosition.head().asByteString())
                                .setEpoch(accepted.epoch())
                                .setRepeat(accepted.repeat()))
                .build();
    }

    /// A refusal that concerns no group, or whose group could not be parsed.
    static ServerFrame refused(long requestId, Refusal refusal) {
        return ServerFrame.newBuilder().setRequestId(requestId).setRefused(of(refusal)).build();
    }

    static ServerFrame refused(long requestId, GroupId group, Refusal refusal) {
        return ServerFrame.newBuilder()
                .setRequestId(requestId)
                .setRefused(of(refusal).setGroupId(group.bytes().asByteString()))
                .build();
    }

    /// The refusal of a submission whose group was parsed.
    static ServerFrame postponed(long requestId, GroupId group, Postponement postponed) {
        return ServerFrame.newBuilder()
                .setRequestId(requestId)
                .setRefused(
                        of(postponed.refusal(), postponed.retryAfter())
                                .setGroupId(group.bytes().asByteString()))
                .build();
    }

    /// @param wait until the client may retry
    static ServerFrame rateLimited(long requestId, GroupId group, Duration wait) {
        return ServerFrame.newBuilder()
                .setRequestId(requestId)
                .setRefused(rateLimited(wait).setGroupId(group.bytes().asByteString()))
                .build();
    }

    /// Refused before its group was parsed: the frame names no group.
    static ServerFrame postponed(long requestId, Postponement postponed) {
        return ServerFrame.newBuilder()
                .setRequestId(requestId)
                .setRefused(of(postponed.refusal(), postponed.retryAfter()))
                .build();
    }

    private static Refused.Builder rateLimited(Duration wait) {
        return of(Refusal.of(Code.RATE_LIMITED), wait);
    }

    private static Refused.Builder of(Refusal refusal, Duration wait) {
        return of(refusal).setRetryAfterMillis((int) Math.max(1, wait.toMillis()));
    }

    static ServerFrame refused(
            long requestId, GroupId group, SubmissionAnswer.RefusedAnswer refused) {
        var frame = of(refused.refusal()).setGroupId(group.bytes().asByteString());
        refused.tail()
                .ifPresent(tail ->
                        frame.setIncarnation(tail.last().incarnation().asByteString())
                                .setEpoch(tail.epoch())
                                .setPosition(tail.position())
                                .setHead(tail.last().head().asByteString()));
        refused.missed().forEach(entry -> frame.addMissed(DeliveryFrames.delivery(group, entry)));
        frame.setMissedAll(refused.missedAll());
        refused.successor()
                .ifPresent(
                        successor -> frame.setSuccessorGroupId(successor.bytes().asByteString()));
        return ServerFrame.newBuilder().setRequestId(requestId).setRefused(frame).build();
    }

    private static Refused.Builder of(Refusal refusal) {
        var code = refusal.code();
        return Refused.newBuilder()
                .setCode(code.wireName())
                .setDetail(refusal.detail())
                .setRetry(code.retry().wire())
                .setRetryAfterMillis(code.retry() == RetryAdvice.LATER ? RETRY_AFTER_MILLIS : 0);
    }

    /// @param welcome the joiner's, assembled
    static ServerFrame inbox(InboxItem item, Bytes welcome) {
        return ServerFrame.newBuilder()
                .setInbox(inbox(item).setWelcome(welcome.asByteString()))
                .build();
    }

    /// An item whose Welcome is too long for a frame.
    static ServerFrame inboxByReference(InboxItem item) {
        return ServerFrame.newBuilder()
                .setInbox(inbox(item).setWelcomeBytes(item.welcome().size()))
                .build();
    }

    private static Inbox.Builder inbox(InboxItem item) {
        var inbox =
                Inbox.newBuilder()
                        .setId(item.id().asByteString())
                        .setGroupId(item.group().bytes().asByteString())
                        .setKeyPackageRef(item.keyPackageRef().asByteString())
                        .setCursor(cursor(item.group(), item.logPosition()))
                        .setEpoch(item.epoch());
        item.ratchetTree()
                .ifPresent(tree ->
                        inbox.setRatchetTree(
                                Reference.newBuilder()
                                        .setSha256(tree.sha256().asByteString())
                                        .setSize(tree.size())));
        return inbox;
    }

    private static Cursor cursor(GroupId group, LogPosition logPosition) {
        return Cursor.newBuilder()
                .setGroupId(group.bytes().asByteString())
                .setIncarnation(logPosition.incarnation().asByteString())
                .setPosition(logPosition.position())
                .setHead(logPosition.head().asByteString())
                .build();
    }

    /// @param left what is left, by suite
    static ServerFrame keyPackagesLow(Map<Integer, KeyPackageCount> left) {
        var low = KeyPackagesLow.newBuilder();
        left.forEach((suite, count) ->
                low.addSuites(
                        SuiteCount.newBuilder()
                                .setSuite(suite)
                                .setLeft(count.singleUse())
                                .setLastResortClaims(count.lastResortClaims())));
        return ServerFrame.newBuilder().setKeyPackagesLow(low).build();
    }

    static ServerFrame live(GroupId group, GroupTail tail) {
        return ServerFrame.newBuilder()
                .setLive(
                        Live.newBuilder()
                                .setGroupId(group.bytes().asByteString())
                                .setIncarnation(tail.last().incarnation().asByteString())
                                .setPosition(tail.position())
                                .setHead(tail.last().head().asByteString())
                                .setEpoch(tail.epoch()))
                .build();
    }

    static ServerFrame gap(long requestId, GroupId group, GapReason reason, GroupTail tail) {
        return ServerFrame.newBuilder()
                .setRequestId(requestId)
                .setGap(
                        Gap.newBuilder()
                                .setGroupId(group.bytes().asByteString())
                                .setCode(reason.wireName())
                                .setIncarnation(tail.last().incarnation().asByteString())
                                .setFirstPosition(tail.firstRetained())
                                .setPosition(tail.position())
                                .setEpoch(tail.epoch()))
                .build();
    }

    static ServerFrame detached(GroupId group, DetachReason reason) {
        return ServerFrame.newBuilder()
                .setDetached(
                        Detached.newBuilder()
                                .setGroupId(group.bytes().asByteString())
                                .setCode(reason.wireName()))
                .build();
    }

    static ServerFrame tokenExpires(Duration left) {
        return ServerFrame.newBuilder()
                .setTokenExpires(TokenExpires.newBuilder().setInSeconds(seconds(left)))
                .build();
    }

    /// Whole seconds, at least 1, rounded down.
    private static int seconds(Duration left) {
        return Math.clamp(left.toSeconds(), 1, Integer.MAX_VALUE);
    }

    static ServerFrame ping(long nonce) {
        return ServerFrame.newBuilder().setPing(Ping.newBuilder().setNonce(nonce)).build();
    }

    static ServerFrame goAway(Duration reconnectAfter) {
        return ServerFrame.newBuilder()
                .setGoAway(
                        GoAway.newBuilder()
                                .setCode(Code.GOING_AWAY.wireName())
                                .setReconnectAfterMillis((int) reconnectAfter.toMillis()))
                .build();
    }
}
