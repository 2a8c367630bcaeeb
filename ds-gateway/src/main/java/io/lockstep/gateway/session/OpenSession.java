package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Session;
import io.lockstep.fanout.Outlet;
import io.lockstep.wire.proto.ClientFrame;

/// What a session has only after its client is known.
///
/// @param granted what its token grants
/// @param heartbeat its place on the wheel
record OpenSession(
        Session granted,
        Expiry expiry,
        Outlet outlet,
        Attachments attachments,
        Submissions submissions,
        InboxCourier inbox,
        KeyPackageNotice keyPackages,
        HeartbeatWheel.Ticket heartbeat) {

    /// @param answered called after each answer to a submission
    static OpenSession of(
            SessionContext context,
            Session session,
            Outlet outlet,
            FrameSink sink,
            Runnable answered,
            HeartbeatWheel.Ticket heartbeat) {
        var client = session.client();
        var reader =
                new SubmissionReader(
                        context.limits(),
                        context.blobBytesMax(),
                        context.policyDefault(),
                        context.services().pseudonyms(),
                        client);
        return new OpenSession(
                session,
                new Expiry(session.expires()),
                outlet,
                new Attachments(context, client, outlet, sink),
                new Submissions(context, reader, sink, answered),
                new InboxCourier(context, client, sink),
                new KeyPackageNotice(context.services().keyPackages(), client, sink),
                heartbeat);
    }

    ClientId client() {
        return granted.client();
    }

    /// @param frame anything but a hello
    void take(ClientFrame frame) {
        long requestId = frame.getRequestId();
        switch (frame.getBodyCase()) {
            case ATTACH -> attachments.attach(requestId, frame.getAttach());
            case DETACH -> attachments.detach(requestId, frame.getDetach());
            case CREATE -> submissions.create(requestId, frame.getCreate());
            case SEND -> submissions.send(requestId, frame.getSend());
            case COMMIT -> submissions.commit(requestId, frame.getCommit());
            case ACK -> attachments.ack(requestId, frame.getAck());
            case INBOX_ACK -> inbox.acknowledge(requestId, frame.getInboxAck());
            case PONG, HELLO, BODY_NOT_SET -> {}
        }
    }
}
