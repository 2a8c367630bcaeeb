package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxWelcome;
import io.lockstep.gateway.blob.WelcomeAssembler;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Delivers one client's inbox items. It stores none: it reads the inbox page by page and sends the
/// items that this session has not been sent. It reads again after a notice, and when the socket
/// becomes writable.
final class InboxDelivery {
    private static final Logger log = LoggerFactory.getLogger(InboxDelivery.class);
    private static final Duration RETRY_MIN = Duration.ofSeconds(5);
    private static final int RETRY_DOUBLED_MAX = 4;

    private final SessionContext context;
    private final ClientId client;
    private final SessionIo sink;

    /// The number of the last item sent in this session: numbers only increase.
    private long last;

    private boolean looking;

    /// An item may have arrived during the read.
    private boolean lookAgain;

    /// The socket could not take all items.
    private boolean moreWhenWritable;

    /// Number of consecutive failed reads of the inbox.
    private int failures;

    InboxDelivery(SessionContext context, ClientId client, SessionIo sink) {
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
                .page(client, last)
                .subscribe(
                        page -> sink.onLoop(() -> found(page)),
                        error -> sink.onLoop(() -> failed(error)));
    }

    void writable() {
        if (moreWhenWritable) {
            moreWhenWritable = false;
            look();
        }
    }

    private void found(InboxStore.InboxPage page) {
        failures = 0;
        lookAgain |= page.more();
        next(page, page.pieces().iterator());
    }

    /// Sends items one by one, oldest first, while the socket is writable.
    private void next(InboxStore.InboxPage page, Iterator<InboxStore.NumberedItem> pieces) {
        while (pieces.hasNext()) {
            if (!sink.isWritable()) {
                looking = false;
                moreWhenWritable = true;
                return;
            }
            var piece = pieces.next();
            var mail = piece.mail();
            if (mail.welcome().size() > context.limits().messageBytesMax()) {
                sink.send(ServerFrames.inboxApart(mail));
            } else if (mail.welcome() instanceof InboxWelcome.WholeWelcome(var message)) {
                sink.send(ServerFrames.inbox(mail, message));
            } else {
                compose(page, piece, pieces);
                return;
            }
            last = piece.number();
        }
        last = Math.max(last, page.last());
        looking = false;
        if (lookAgain) {
            look();
        }
    }

    private void compose(
            InboxStore.InboxPage page,
            InboxStore.NumberedItem piece,
            Iterator<InboxStore.NumberedItem> rest) {
        var mail = piece.mail();
        WelcomeAssembler.of(mail, context.blobs())
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .subscribe(
                        welcome ->
                                sink.onLoop(() -> {
                                    welcome.ifPresentOrElse(
                                            bytes -> sink.send(ServerFrames.inbox(mail, bytes)),
                                            () -> log.warn("the shared part of a Welcome is missing in the store"));
                                    last = piece.number();
                                    next(page, rest);
                                }),
                        error -> sink.onLoop(() -> failed(error)));
    }

    private void failed(Throwable error) {
        looking = false;
        log.warn("an inbox could not be read: {}", error.toString());
        int doubled = Math.min(failures++, RETRY_DOUBLED_MAX);
        var _ = sink.later(RETRY_MIN.multipliedBy(1L << doubled), this::look);
    }
}
