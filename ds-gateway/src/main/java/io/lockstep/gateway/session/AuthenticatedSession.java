package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.fanout.DeliverySink;
import io.lockstep.gateway.submission.SubmissionParser;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Detach;
import org.jspecify.annotations.Nullable;

/// The state of a session whose client is authenticated. The state for submissions is created with
/// the client's first submission: most members of a large group only read.
final class AuthenticatedSession {
    private final SessionContext context;
    private final TokenGrant grant;
    private final DeliverySink sink;
    private final SessionIo io;
    private final HeartbeatWheel.WheelEntry heartbeat;
    private final TokenExpiry expiry;
    private final SessionAttachments attachments;
    private final InboxDelivery inbox;
    private final InboxAcks inboxAcks;

    /// Null until the first submission.
    private @Nullable SessionSubmissions submissions;

    /// @param grant what the client's token grants
    /// @param heartbeat its entry in the wheel
    AuthenticatedSession(
            SessionContext context,
            TokenGrant grant,
            DeliverySink sink,
            SessionIo io,
            HeartbeatWheel.WheelEntry heartbeat) {
        this.context = context;
        this.grant = grant;
        this.sink = sink;
        this.io = io;
        this.heartbeat = heartbeat;
        expiry = new TokenExpiry(grant.expires());
        attachments = new SessionAttachments(context, grant.client(), sink, io);
        inbox = new InboxDelivery(context, grant.client(), io);
        inboxAcks = new InboxAcks(context, grant.client(), io);
    }

    ClientId client() {
        return grant.client();
    }

    TokenGrant grant() {
        return grant;
    }

    TokenExpiry expiry() {
        return expiry;
    }

    DeliverySink sink() {
        return sink;
    }

    SessionAttachments attachments() {
        return attachments;
    }

    InboxDelivery inbox() {
        return inbox;
    }

    HeartbeatWheel.WheelEntry heartbeat() {
        return heartbeat;
    }

    int submissionsInFlight() {
        return submissions == null ? 0 : submissions.inFlight();
    }

    void checkKeyPackages() {
        KeyPackageNotice.check(context.services().keyPackages(), client(), io);
    }

    /// @param frame any frame except a `hello`
    void take(ClientFrame frame) {
        long requestId = frame.getRequestId();
        switch (frame.getBodyCase()) {
            case ATTACH -> attach(requestId, frame.getAttach());
            case DETACH -> detach(requestId, frame.getDetach());
            case CREATE -> submissions().create(requestId, frame.getCreate());
            case SEND -> submissions().send(requestId, frame.getSend());
            case COMMIT -> submissions().commit(requestId, frame.getCommit());
            case REINIT -> submissions().reinit(requestId, frame.getReinit());
            case LEAVE -> submissions().leave(requestId, frame.getLeave());
            case SET_POLICY -> submissions().setPolicy(requestId, frame.getSetPolicy());
            case REJECT -> submissions().reject(requestId, frame.getReject());
            case ACK -> attachments.ack(requestId, frame.getAck());
            case INBOX_ACK -> inboxAcks.take(requestId, frame.getInboxAck());
            case PONG, HELLO, BODY_NOT_SET -> {}
        }
    }

    private void attach(long requestId, Attach attach) {
        var group = SessionAttachments.group(attach.getCursor().getGroupId());
        if (submissions == null || group.isEmpty()) {
            attachments.attach(requestId, attach);
        } else {
            submissions
                    .attachBarrier()
                    .attach(group.get(), () -> attachments.attach(requestId, attach));
        }
    }

    private void detach(long requestId, Detach detach) {
        if (submissions != null) {
            SessionAttachments.group(detach.getGroupId())
                    .ifPresent(submissions.attachBarrier()::cancel);
        }
        attachments.detach(requestId, detach);
    }

    /// The client has applied a provisional commit of another member.
    void confirm(GroupId group, long position) {
        submissions().confirm(group, position);
    }

    /// Hands all gathered submissions to ordering together.
    void handOver() {
        if (submissions != null) {
            submissions.handOver();
        }
    }

    /// The session ends: nothing waits for it any more.
    void end() {
        if (submissions != null) {
            submissions.attachBarrier().end();
        }
    }

    private SessionSubmissions submissions() {
        var made = submissions;
        if (made == null) {
            var parser =
                    new SubmissionParser(
                            context.limits(),
                            context.blobBytesMax(),
                            context.policyDefault(),
                            context.services().pseudonyms(),
                            client());
            made = new SessionSubmissions(context, parser, io);
            submissions = made;
        }
        return made;
    }
}
