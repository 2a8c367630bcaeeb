package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.Mail;
import io.lockstep.directory.MailWelcome;
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

    private final SessionContext context;
    private final ClientId client;
    private final FrameSink sink;

    /// Ids sent in this session and not yet gone from the inbox; immutable when empty, as most are.
    private Set<Bytes> sent = Set.of();

    private boolean looking;

    /// Something may have come while looking.
    private boolean lookAgain;

    /// The socket had no room for all there was.
    private boolean moreWhenWritable;

    InboxCourier(SessionContext context, ClientId client, FrameSink sink) {
        this.context = context;
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
        context.services()
                .inbox()
                .list(client)
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
        if (mail.isEmpty()) {
            sent = Set.of();
        } else {
            var kept = mail.stream().map(Mail::id).collect(Collectors.toCollection(HashSet::new));
            kept.retainAll(sent);
            sent = kept;
        }
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
            if (piece.welcome().size() > context.limits().messageBytesMax()) {
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
        MailBytes.of(piece, context.blobs())
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
        context.services()
                .inbox()
                .acknowledge(client, ids)
                .subscribe(
                        own -> sink.onLoop(() -> acknowledged(requestId, ids.size(), own)),
                        error -> log.warn("mail stays in an inbox: {}", error.toString()));
    }

    private void acknowledged(long requestId, long asked, long own) {
        if (own < asked) {
            context.metrics().refusal(Code.NOT_YOURS);
            sink.send(Answers.refused(requestId, Code.NOT_YOURS, Code.NOT_YOURS.meaning()));
        }
    }
}
