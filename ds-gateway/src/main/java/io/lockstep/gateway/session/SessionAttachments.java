package io.lockstep.gateway.session;

import com.google.protobuf.ByteString;
import io.lockstep.auth.ClientId;
import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.GapReason;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupTail;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.Detach;
import java.util.Optional;

/// The groups that one session attaches to. Fan-out keeps the session's position in each.
final class SessionAttachments {
    private final SessionContext context;
    private final ClientId client;
    private final DeliverySink sink;
    private final SessionIo io;

    private final AttachRequestIds requests = new AttachRequestIds();

    SessionAttachments(SessionContext context, ClientId client, DeliverySink sink, SessionIo io) {
        this.context = context;
        this.client = client;
        this.sink = sink;
        this.io = io;
    }

    void attach(long requestId, Attach attach) {
        var cursor = attach.getCursor();
        var group = group(cursor.getGroupId());
        if (group.isEmpty()) {
            refuse(requestId, Code.INVALID_REQUEST, "group_id: 1 to 255 bytes");
            return;
        }
        int incarnationBytes = cursor.getIncarnation().size();
        int headBytes = cursor.getHead().size();
        if ((incarnationBytes != 0 && incarnationBytes != GroupHead.INCARNATION_BYTES)
                || (headBytes != 0 && headBytes != GroupHead.BYTES)
                || cursor.getPosition() < 0
                || attach.getWindow() < 0) {
            refuse(
                    requestId,
                    Code.INVALID_REQUEST,
                    "a cursor needs an incarnation of 16 bytes, a position and a head of 32 bytes");
            return;
        }
        if (!requests.contains(group.get())
                && requests.size() >= context.limits().attachedGroupsMax()) {
            refuse(requestId, Code.TOO_MANY_GROUPS, Code.TOO_MANY_GROUPS.meaning());
            return;
        }
        var wait = context.attachRates().take(client);
        if (wait.isPresent()) {
            context.metrics().refusal(Code.RATE_LIMITED);
            io.send(ServerFrames.rateLimited(requestId, group.get(), wait.get()));
            return;
        }
        requests.put(group.get(), requestId);
        context.services()
                .fanout()
                .attach(
                        sink,
                        new AttachRequest(
                                group.get(),
                                context.services().pseudonyms().member(group.get(), client),
                                requestId,
                                Bytes.of(cursor.getIncarnation()),
                                cursor.getPosition(),
                                Bytes.of(cursor.getHead()),
                                attach.getWindow()));
    }

    void detach(long requestId, Detach detach) {
        var group = group(detach.getGroupId());
        if (group.isEmpty()) {
            refuse(requestId, Code.INVALID_REQUEST, "group_id: 1 to 255 bytes");
        } else if (requests.contains(group.get())) {
            context.services().fanout().detach(sink, group.get());
        } else {
            io.send(ServerFrames.detached(group.get(), DetachReason.REQUESTED));
        }
    }

    void ack(long requestId, Ack ack) {
        var group = group(ack.getGroupId());
        if (group.isEmpty() || ack.getPosition() < 0) {
            refuse(requestId, Code.INVALID_REQUEST, "an ack must have a group_id and a position");
        } else if (requests.contains(group.get())) {
            context.services().fanout().ack(sink, group.get(), ack.getPosition());
        }
    }

    static Optional<GroupId> group(ByteString bytes) {
        return bytes.isEmpty() || bytes.size() > GroupId.BYTES_MAX
                ? Optional.empty()
                : Optional.of(new GroupId(Bytes.of(bytes)));
    }

    private void refuse(long requestId, Code code, String detail) {
        context.metrics().refusal(code);
        io.send(ServerFrames.refused(requestId, new Refusal(code, detail)));
    }

    // Calls from fan-out

    void live(GroupId group, GroupTail tail) {
        requests.share(group);
        io.send(ServerFrames.live(group, tail));
    }

    void gap(GroupId group, GapReason reason, GroupTail tail) {
        io.send(ServerFrames.gap(requests.remove(group), group, reason, tail));
    }

    void detached(GroupId group, DetachReason reason) {
        var _ = requests.remove(group);
        io.send(ServerFrames.detached(group, reason));
    }

    void refused(GroupId group, long requestId, Refusal refusal) {
        var _ = requests.remove(group);
        context.metrics().refusal(refusal.code());
        io.send(ServerFrames.refused(requestId, group, refusal));
    }
}
