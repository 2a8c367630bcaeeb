package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.Mail;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.InboxAck;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings one client its mail. It keeps none: it looks into the inbox, sends what this session has not
/// been sent, and looks again when told so, or when the socket had no room.
final class InboxCourier {
    private static final Logger log = LoggerFactory.getLogger(InboxCourier.class);
    private static final Duration RETRY = Duration.ofSeconds(5);

    /// An id in an inbox has so many bytes; others are nobody's.
    private static final int ID_BYTES = 16;

    private final InboxStore store;
    private final ClientId client;
    private final FrameSink sink;

    /// Ids sent in this session and not yet gone from the inbox.
    private final Set<Bytes> sent = new HashSet<>(0);

    private boolean looking;

    /// Something may have come while looking.
    private boolean lookAgain;

    /// The socket had no room for all there was.
    private boolean moreWhenWritable;

    InboxCourier(InboxStore store, ClientId client, FrameSink sink) {
        this.store = store;
        this.client = client;
        this.sink = sink;
    }

    void look() {
        if (looking) {
            lookAgain = true;
            return;
        }
        looking = true;
        lookAgain = false;
        store.list(client)
                .defaultIfEmpty(List.of())
                .subscribe(
                        mail -> sink.onLoop(() -> found(mail)),
                        error -> sink.onLoop(() -> failed(error)));
    }

    void writable() {
        if (moreWhenWritable) {
            moreWhenWritable = false;
            look();
        }
    }

    private void found(List<Mail> mail) {
        looking = false;
        sent.retainAll(mail.stream().map(Mail::id).collect(Collectors.toSet()));
        for (var piece : mail) {
            if (sent.contains(piece.id())) {
                continue;
            }
            if (!sink.isWritable()) {
                moreWhenWritable = true;
                break;
            }
            sent.add(piece.id());
            sink.send(Answers.inbox(piece));
        }
        if (lookAgain) {
            look();
        }
    }

    private void failed(Throwable error) {
        looking = false;
        log.warn("an inbox could not be read: {}", error.toString());
        sink.later(RETRY, this::look);
    }

    /// Ids of others' mail have no effect: the store forgets in this client's inbox only (invariant I9).
    void acknowledge(InboxAck ack) {
        var ids =
                ack.getIdList().stream()
                        .filter(id -> id.size() == ID_BYTES)
                        .map(Bytes::of)
                        .collect(Collectors.toSet());
        if (ids.isEmpty()) {
            return;
        }
        store.acknowledge(client, ids)
                .subscribe(
                        _ -> {}, error -> log.warn("mail stays in an inbox: {}", error.toString()));
    }
}
