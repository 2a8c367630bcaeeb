package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.gateway.access.Postponement;
import io.lockstep.log.CallEffect;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.proto.InboxAck;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends one session's inbox acknowledgements to the store, one `inbox_ack` at a time: each costs
/// the store work, and a frame costs its sender almost nothing. Confined to the session's event
/// loop.
///
/// ```
/// acknowledgements at the store ≤ 1        ids of waiting ones ≤ IDS_MAX
/// ```
final class InboxAcks {
    private static final Logger LOG = LoggerFactory.getLogger(InboxAcks.class);

    /// Limit of ids per frame and of all that wait: as many as an inbox can hold.
    static final int IDS_MAX = InboxStore.WEIGHT_MAX / InboxStore.ITEM_WEIGHT;

    /// Acknowledgements at once, so that a full inbox can be acknowledged item by item; then one
    /// per ten milliseconds.
    static final int BURST = IDS_MAX;

    /// When the client may retry while too many ids wait.
    private static final Duration WAIT = Duration.ofSeconds(1);

    private final SessionContext context;
    private final ClientId client;
    private final SessionIo io;
    private final Queue<PendingAck> waiting = new ArrayDeque<>(0);
    private int idsWaiting;
    private boolean atStore;

    /// @param ids that may be in the inbox
    /// @param foreign whether there was an id that cannot be in it
    private record PendingAck(long requestId, Set<Bytes> ids, boolean foreign) {}

    InboxAcks(SessionContext context, ClientId client, SessionIo io) {
        this.context = context;
        this.client = client;
        this.io = io;
    }

    /// Deletes the items that are in this client's inbox. An id that is not in it is refused, and
    /// the item that it names stays unchanged (invariant I9).
    void take(long requestId, InboxAck ack) {
        if (ack.getIdCount() > IDS_MAX) {
            refuse(requestId, Code.INVALID_REQUEST, "inbox_ack: at most " + IDS_MAX);
            return;
        }
        var ids = new HashSet<Bytes>();
        boolean foreign = false;
        for (var id : ack.getIdList()) {
            if (id.size() == InboxItem.ID_BYTES) {
                ids.add(Bytes.of(id));
            } else {
                foreign = true;
            }
        }
        if (ids.isEmpty()) {
            answer(requestId, foreign);
            return;
        }
        var wait = idsWaiting + ids.size() > IDS_MAX ? Optional.of(WAIT) : charge(ids.size());
        if (wait.isPresent()) {
            context.metrics().refusal(Code.RATE_LIMITED);
            io.send(ServerFrames.postponed(requestId, Postponement.rateLimited(wait.get())));
            return;
        }
        waiting.add(new PendingAck(requestId, ids, foreign));
        idsWaiting += ids.size();
        assert invariants();
        next();
    }

    /// @return how long to wait if the client exceeded its rate
    private Optional<Duration> charge(int ids) {
        return context.inboxAckRates().take(client, Math.ceilDiv(ids, InboxStore.ACKNOWLEDGED_MAX));
    }

    private void next() {
        if (atStore) {
            return;
        }
        var ack = waiting.poll();
        if (ack == null) {
            return;
        }
        atStore = true;
        idsWaiting -= ack.ids.size();
        assert invariants();
        context.services()
                .inbox()
                .acknowledge(client, ack.ids)
                .subscribe(
                        own -> io.onLoop(() -> acknowledged(ack, own)),
                        error -> io.onLoop(() -> failed(ack, error)));
    }

    private boolean invariants() {
        return 0 <= idsWaiting && idsWaiting <= IDS_MAX && (idsWaiting > 0 || waiting.isEmpty());
    }

    private void acknowledged(PendingAck ack, long own) {
        answer(ack.requestId, ack.foreign || own < ack.ids.size());
        atStore = false;
        next();
    }

    private void failed(PendingAck ack, Throwable error) {
        if (error instanceof DirectoryUnavailableException unavailable) {
            // At debug level only: the client gets an answer, and refusals are counted.
            LOG.debug("inbox items were not deleted: {}", error.toString());
            var code =
                    unavailable.effect() == CallEffect.NOT_EXECUTED
                            ? Code.UNAVAILABLE
                            : Code.OUTCOME_UNKNOWN;
            refuse(ack.requestId, code, code.meaning());
        } else {
            LOG.error("inbox items were not deleted", error);
            refuse(ack.requestId, Code.INTERNAL, Code.INTERNAL.meaning());
        }
        atStore = false;
        next();
    }

    private void answer(long requestId, boolean foreign) {
        if (foreign) {
            refuse(requestId, Code.NOT_YOURS, Code.NOT_YOURS.meaning());
        }
    }

    private void refuse(long requestId, Code code, String detail) {
        context.metrics().refusal(code);
        io.send(ServerFrames.refused(requestId, new Refusal(code, detail)));
    }
}
