package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.Inbox;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Passes the mail of one client's inbox to the application, each piece once until it is
/// acknowledged. Fetches a long Welcome and a separate ratchet tree first. Confined to the client's
/// event loop.
final class InboxReceiver {
    private static final Logger LOG = LoggerFactory.getLogger(InboxReceiver.class);

    /// The part of the session that mail may use.
    interface InboxLink {
        boolean isClosed();

        /// Runs the task after the refusal's wait plus a backoff, unless the client is closed by
        /// then.
        void later(int attempt, ServerRefusal refusal, Runnable task);
    }

    private final DirectoryClient directory;
    private final BlobClient blobs;
    private final Executor loop;
    private final Consumer<ClientEvent> events;
    private final InboxLink link;
    private final Set<Bytes> seen = new HashSet<>();

    InboxReceiver(
            DirectoryClient directory,
            BlobClient blobs,
            Executor loop,
            Consumer<ClientEvent> events,
            InboxLink link) {
        this.directory = directory;
        this.blobs = blobs;
        this.loop = loop;
        this.events = events;
        this.link = link;
    }

    void came(Inbox inbox) {
        if (!seen.add(Bytes.of(inbox.getId()))) {
            return;
        }
        if (inbox.getWelcomeBytes() == 0 && !inbox.hasRatchetTree()) {
            events.accept(
                    ClientEvent.WelcomeReceived.ofWire(
                            inbox, Bytes.of(inbox.getWelcome()), Bytes.EMPTY));
            return;
        }
        fetch(inbox, 0);
    }

    /// If the mail arrives again after this call, it is handed on again.
    void acknowledged(Bytes id) {
        seen.remove(id);
    }

    private void fetch(Inbox inbox, int attempt) {
        fetched(inbox)
                .subscribe(
                        mail -> loop.execute(() -> events.accept(mail)),
                        e -> loop.execute(() -> notFetched(inbox, attempt, ServerRefusal.of(e))));
    }

    private void notFetched(Inbox inbox, int attempt, ServerRefusal why) {
        if (link.isClosed()) {
            return;
        }
        if (why.isForNow()) {
            link.later(attempt, why, () -> fetch(inbox, attempt + 1));
            return;
        }
        LOG.warn("the parts of a mail cannot be fetched: {} {}", why.code(), why.detail());
        // If the server still stores the mail, the next session delivers it again.
        seen.remove(Bytes.of(inbox.getId()));
    }

    private Mono<ClientEvent.WelcomeReceived> fetched(Inbox inbox) {
        var welcome =
                inbox.getWelcomeBytes() == 0
                        ? Mono.just(Bytes.of(inbox.getWelcome()))
                        : directory.welcome(Bytes.of(inbox.getId()));
        var tree =
                inbox.hasRatchetTree()
                        ? blobs.fetch(
                                LogCursor.groupOf(inbox.getGroupId()),
                                BlobPointer.ofWire(inbox.getRatchetTree()))
                        : Mono.just(Bytes.EMPTY);
        return welcome.zipWith(tree, (w, t) -> ClientEvent.WelcomeReceived.ofWire(inbox, w, t));
    }
}
