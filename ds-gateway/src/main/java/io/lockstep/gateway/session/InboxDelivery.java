package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxWelcome;
import io.lockstep.gateway.blob.WelcomeAssembler;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Delivers one client's inbox items, page by page. It asks for a page only when it has sent the one
/// before and the socket is writable, so each item is read once in a session. While the socket takes
/// no more it holds the rest of one page. It reads again after a notice.
///
/// ```
/// held bytes ≤ max(PAGE_BYTES_MAX, ITEM_BYTES_MAX)        held items ≤ PAGE_MAX
/// ```
final class InboxDelivery {
    private static final Logger LOG = LoggerFactory.getLogger(InboxDelivery.class);
    private static final Duration RETRY_MIN = Duration.ofSeconds(5);
    private static final int RETRY_DOUBLED_MAX = 4;

    private final LongFunction<Mono<InboxStore.InboxPage>> pages;
    private final Function<InboxItem, Mono<Bytes>> assembler;
    private final int messageBytesMax;
    private final SessionIo io;

    private enum DeliveryPhase {
        /// All items that were filed before the last read were sent.
        IDLE,
        /// A page is being read, or an item of it assembled.
        READING,
        /// The socket takes no more; `rest` holds what it did not take.
        WAITING,
        /// A read failed. It is repeated after a pause, or at a notice.
        PAUSING
    }

    private DeliveryPhase phase = DeliveryPhase.IDLE;

    /// The number of the last item that was read in this session: numbers only increase.
    private long last;

    /// Items that were read and not sent. Empty when IDLE.
    private final Deque<InboxItem> rest = new ArrayDeque<>(0);

    /// There may be items after `last`.
    private boolean pollAgain;

    /// Number of consecutive failed reads of the inbox.
    private int failures;

    InboxDelivery(SessionContext context, ClientId client, SessionIo io) {
        this(
                after -> context.services().inbox().page(client, after),
                item -> WelcomeAssembler.of(item, context.blobs()),
                context.limits().messageBytesMax(),
                io);
    }

    /// @param pages reads the page of the client's inbox after a number
    /// @param assembler returns the joiner's Welcome; empty if its shared part was deleted
    InboxDelivery(
            LongFunction<Mono<InboxStore.InboxPage>> pages,
            Function<InboxItem, Mono<Bytes>> assembler,
            int messageBytesMax,
            SessionIo io) {
        this.pages = pages;
        this.assembler = assembler;
        this.messageBytesMax = messageBytesMax;
        this.io = io;
    }

    void poll() {
        pollAgain = true;
        if (phase == DeliveryPhase.IDLE || phase == DeliveryPhase.PAUSING) {
            next();
        }
    }

    void writable() {
        if (phase == DeliveryPhase.WAITING) {
            next();
        }
    }

    /// Sends items one by one, oldest first, while the socket is writable; then reads on.
    private void next() {
        while (!rest.isEmpty() || pollAgain) {
            if (!io.isWritable()) {
                phase = DeliveryPhase.WAITING;
                return;
            }
            var item = rest.poll();
            if (item == null) {
                read();
                return;
            }
            if (item.welcome().size() > messageBytesMax) {
                io.send(ServerFrames.inboxByReference(item));
            } else if (item.welcome() instanceof InboxWelcome.WholeWelcome(var message)) {
                io.send(ServerFrames.inbox(item, message));
            } else {
                compose(item);
                return;
            }
        }
        phase = DeliveryPhase.IDLE;
    }

    private void read() {
        phase = DeliveryPhase.READING;
        pollAgain = false;
        pages.apply(last)
                .subscribe(
                        page -> io.onLoop(() -> found(page)),
                        error -> io.onLoop(() -> failed(error)));
    }

    private void found(InboxStore.InboxPage page) {
        failures = 0;
        pollAgain |= page.more();
        last = page.last();
        assert rest.isEmpty() && page.items().size() <= InboxStore.PAGE_MAX;
        page.items().forEach(numbered -> rest.add(numbered.item()));
        next();
    }

    private void compose(InboxItem item) {
        phase = DeliveryPhase.READING;
        assembler
                .apply(item)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .subscribe(
                        welcome ->
                                io.onLoop(() -> {
                                    welcome.ifPresentOrElse(
                                            bytes -> io.send(ServerFrames.inbox(item, bytes)),
                                            () -> LOG.warn("a Welcome without its shared part"));
                                    failures = 0;
                                    next();
                                }),
                        error ->
                                io.onLoop(() -> {
                                    rest.addFirst(item);
                                    failed(error);
                                }));
    }

    private void failed(Throwable error) {
        phase = DeliveryPhase.PAUSING;
        LOG.warn("an inbox could not be read: {}", error.toString());
        int doubled = Math.min(failures++, RETRY_DOUBLED_MAX);
        var _ = io.later(RETRY_MIN.multipliedBy(1L << doubled), this::poll);
    }
}
