package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Session;
import io.lockstep.fanout.Outlet;
import io.lockstep.gateway.submission.SubmissionReader;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Detach;
import org.jspecify.annotations.Nullable;

/// What a session has only after its client is known. What submitting takes is made when the client first
/// does: most of a large group only read.
final class OpenSession {
    private final SessionContext context;
    private final Session granted;
    private final Outlet outlet;
    private final FrameSink sink;
    private final HeartbeatWheel.Ticket heartbeat;
    private final Expiry expiry;
    private final Attachments attachments;
    private final InboxCourier inbox;
    private final InboxAcks inboxAcks;

    /// Null until the first one.
    private @Nullable Submissions submissions;

    /// @param granted what its token grants
    /// @param heartbeat its place on the wheel
    OpenSession(
            SessionContext context,
            Session granted,
            Outlet outlet,
            FrameSink sink,
            HeartbeatWheel.Ticket heartbeat) {
        this.context = context;
        this.granted = granted;
        this.outlet = outlet;
        this.sink = sink;
        this.heartbeat = heartbeat;
        expiry = new Expiry(granted.expires());
        attachments = new Attachments(context, granted.client(), outlet, sink);
        inbox = new InboxCourier(context, granted.client(), sink);
        inboxAcks = new InboxAcks(context, granted.client(), sink);
    }

    ClientId client() {
        return granted.client();
    }

    Session granted() {
        return granted;
    }

    Expiry expiry() {
        return expiry;
    }

    Outlet outlet() {
        return outlet;
    }

    Attachments attachments() {
        return attachments;
    }

    InboxCourier inbox() {
        return inbox;
    }

    HeartbeatWheel.Ticket heartbeat() {
        return heartbeat;
    }

    int submissionsInFlight() {
        return submissions == null ? 0 : submissions.inFlight();
    }

    void lookAtKeyPackages() {
        KeyPackageNotice.look(context.services().keyPackages(), client(), sink);
    }

    /// @param frame anything but a hello
    void take(ClientFrame frame) {
        long requestId = frame.getRequestId();
        switch (frame.getBodyCase()) {
            case ATTACH -> attach(requestId, frame.getAttach());
            case DETACH -> detach(requestId, frame.getDetach());
            case CREATE -> submissions().create(requestId, frame.getCreate());
            case SEND -> submissions().send(requestId, frame.getSend());
            case COMMIT -> submissions().commit(requestId, frame.getCommit());
            case ACK -> attachments.ack(requestId, frame.getAck());
            case INBOX_ACK -> inboxAcks.take(requestId, frame.getInboxAck());
            case PONG, HELLO, BODY_NOT_SET -> {}
        }
    }

    private void attach(long requestId, Attach attach) {
        var group = Attachments.group(attach.getCursor().getGroupId());
        if (submissions == null || group.isEmpty()) {
            attachments.attach(requestId, attach);
        } else {
            submissions
                    .unanswered()
                    .attach(group.get(), () -> attachments.attach(requestId, attach));
        }
    }

    private void detach(long requestId, Detach detach) {
        if (submissions != null) {
            Attachments.group(detach.getGroupId()).ifPresent(submissions.unanswered()::overtaken);
        }
        attachments.detach(requestId, detach);
    }

    /// What was taken of submissions goes to ordering together.
    void handOver() {
        if (submissions != null) {
            submissions.handOver();
        }
    }

    /// The session ends: nothing waits for it any more.
    void end() {
        if (submissions != null) {
            submissions.unanswered().end();
        }
    }

    private Submissions submissions() {
        var made = submissions;
        if (made == null) {
            var reader =
                    new SubmissionReader(
                            context.limits(),
                            context.blobBytesMax(),
                            context.policyDefault(),
                            context.services().pseudonyms(),
                            client());
            made = new Submissions(context, reader, sink);
            submissions = made;
        }
        return made;
    }
}
