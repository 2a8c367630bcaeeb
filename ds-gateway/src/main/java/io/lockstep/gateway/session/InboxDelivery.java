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
    private static final Logger LOG = LoggerFactory.getLogger(InboxDelivery.class);
    private static final Duration RETRY_MIN = Duration.ofSeconds(5);
    private static final int RETRY_DOUBLED_MAX = 4;

    private final SessionContext context;
    private final ClientId client;
    private final SessionIo io;

    /// The number of the last item sent in this session: numbers only increase.
    private long last;

    private boolean looking;

    /// An item may have arrived during the read.
    private boolean pollAgain;

    /// The socket could not take all items.
    private boolean moreWhenWritable;

    /// Number of consecutive failed reads of the inbox.
    private int failures;

    InboxDelivery(SessionContext context, ClientId client, SessionIo io) {
        this.context = context;
        this.client = client;
        this.io = io;
    }

    void poll() {
        if (looking) {
            pollAgain = true;
            return;
        }
        looking = true;
        pollAgain = false;
        context.services()
                .inbox()
                .page(client, last)
                .subscribe(
                        page -> io.onLoop(() -> found(page)),
                        error -> io.onLoop(() -> failed(error)));
    }

    void writable() {
        if (moreWhenWritable) {
            moreWhenWritable = false;
            poll();
        }
    }

    private void found(InboxStore.InboxPage page) {
        failures = 0;
        pollAgain |= page.more();
        next(page, page.items().iterator());
    }

    /// Sends items one by one, oldest first, while the socket is writable.
    private void next(InboxStore.InboxPage page, Iterator<InboxStore.NumberedItem> items) {
        while (items.hasNext()) {
            if (!io.isWritable()) {
                looking = false;
                moreWhenWritable = true;
                return;
            }
            var numbered = items.next();
            var item = numbered.item();
            if (item.welcome().size() > context.limits().messageBytesMax()) {
                io.send(ServerFrames.inboxByReference(item));
            } else if (item.welcome() instanceof InboxWelcome.WholeWelcome(var message)) {
                io.send(ServerFrames.inbox(item, message));
            } else {
                compose(page, numbered, items);
                return;
            }
            last = numbered.number();
        }
        last = Math.max(last, page.last());
        looking = false;
        if (pollAgain) {
            poll();
        }
    }

    private void compose(
            InboxStore.InboxPage page,
            InboxStore.NumberedItem numbered,
            Iterator<InboxStore.NumberedItem> rest) {
        var item = numbered.item();
        WelcomeAssembler.of(item, context.blobs())
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .subscribe(
                        welcome ->
                                io.onLoop(() -> {
                                    welcome.ifPresentOrElse(
                                            bytes -> io.send(ServerFrames.inbox(item, bytes)),
                                            () -> LOG.warn("a Welcome without its shared part"));
                                    last = numbered.number();
                                    next(page, rest);
                                }),
                        error -> io.onLoop(() -> failed(error)));
    }

    private void failed(Throwable error) {
        looking = false;
        LOG.warn("an inbox could not be read: {}", error.toString());
        int doubled = Math.min(failures++, RETRY_DOUBLED_MAX);
        var _ = io.later(RETRY_MIN.multipliedBy(1L << doubled), this::poll);
    }
}
