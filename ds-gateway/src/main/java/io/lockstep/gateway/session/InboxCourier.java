package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.Mail;
import io.lockstep.directory.MailWelcome;
import io.lockstep.gateway.GatewayMetrics;
import io.lockstep.gateway.blob.GroupBlobs;
import io.lockstep.gateway.blob.MailBytes;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.proto.InboxAck;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings one client its mail. It keeps none: it looks into the inbox, sends what this session has not
/// been sent, and looks again when told so, or when the socket had no room.
final class InboxCourier {
    private static final Logger log = LoggerFactory.getLogger(InboxCourier.class);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final InboxStore store;
    private final GroupBlobs blobs;
    private final int inlineBytesMax;
    private final ClientId client;
    private final GatewayMetrics metrics;
    private final FrameSink sink;

    /// Ids sent in this session and not yet gone from the inbox.
    private final Set<Bytes> sent = new HashSet<>(0);

    private boolean looking;

    /// Something may have come while looking.
    private boolean lookAgain;

    /// The socket had no room for all there was.
    private boolean moreWhenWritable;

    InboxCourier(SessionContext context, ClientId client, FrameSink sink) {
        this.store = context.services().inbox();
        this.blobs = context.blobs();
        this.inlineBytesMax = context.limits().messageBytesMax();
        this.client = client;
        this.metrics = context.metrics();
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
        sent.retainAll(mail.stream().map(Mail::id).collect(Collectors.toSet()));
        next(mail.iterator());
    }

    /// Sends one piece after the other, oldest first, as long as the socket has room.
    private void next(Iterator<Mail> mail) {
        while (mail.hasNext()) {
            if (!sink.isWritable()) {
                moreWhenWritable = true;
                break;
            }
            var piece = mail.next();
            if (!sent.add(piece.id())) {
                continue;
            }
            if (piece.welcome().size() > inlineBytesMax) {
                sink.send(Answers.inboxApart(piece));
            } else if (piece.welcome() instanceof MailWelcome.Whole(var message)) {
                sink.send(Answers.inbox(piece, message));
            } else {
                compose(piece, mail);
                return;
            }
        }
        looking = false;
        if (lookAgain) {
            look();
        }
    }

    private void compose(Mail piece, Iterator<Mail> rest) {
        MailBytes.of(piece, blobs)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .subscribe(
                        welcome ->
                                sink.onLoop(() -> {
                                    welcome.ifPresentOrElse(
                                            bytes -> sink.send(Answers.inbox(piece, bytes)),
                                            () -> log.warn("mail lacks what all joiners share"));
                                    next(rest);
                                }),
                        error ->
                                sink.onLoop(() -> {
                                    sent.remove(piece.id());
                                    failed(error);
                                }));
    }

    private void failed(Throwable error) {
        looking = false;
        log.warn("an inbox could not be read: {}", error.toString());
        sink.later(RETRY, this::look);
    }

    /// Mail that is in this client's inbox is forgotten; for any other id the client is refused, and
    /// nothing happens to that mail (invariant I9).
    void acknowledge(long requestId, InboxAck ack) {
        var ids = ack.getIdList().stream().map(Bytes::of).collect(Collectors.toSet());
        store.acknowledge(client, ids)
                .subscribe(
                        own -> sink.onLoop(() -> acknowledged(requestId, ids.size(), own)),
                        error -> log.warn("mail stays in an inbox: {}", error.toString()));
    }

    private void acknowledged(long requestId, long asked, long own) {
        if (own < asked) {
            metrics.refusal(Code.NOT_YOURS);
            sink.send(Answers.refused(requestId, Code.NOT_YOURS, Code.NOT_YOURS.meaning()));
        }
    }
}
