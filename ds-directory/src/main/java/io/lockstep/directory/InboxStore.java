package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Each client's durable inbox. Every implementation passes `InboxStoreContract`. A Mono fails with
/// [DirectoryUnavailableException] when the store does not answer.
///
/// An inbox is bounded. A piece weighs its bytes and [#PIECE_WEIGHT]; all of them weigh [#WEIGHT_MAX] at most, and
/// those that answer one KeyPackage [#SOURCE_WEIGHT_MAX]. Where there is no room, the newest piece that answers the
/// KeyPackage with the most mail is dropped, which [#summary] tells.
public interface InboxStore {
    /// How long mail waits for its client, by the store's clock: a KeyPackage rarely lives longer. Less than
    /// [io.lockstep.log.BlobStore#PARTS_MIN], so that what it refers to is there as long.
    Duration MAIL_LIFE = Duration.ofDays(30);

    /// All mail of an inbox: 800 Welcomes of 4 KiB, or 16 of 1 MiB.
    int WEIGHT_MAX = 16 << 20;

    /// Mail that answers one KeyPackage: of a last resort there may be a lot.
    int SOURCE_WEIGHT_MAX = WEIGHT_MAX / 4;

    /// What a piece weighs beside its bytes.
    int PIECE_WEIGHT = 16 << 10;

    /// A longer piece is dropped: a joiner's secrets are some hundred bytes, and what is longer in a Welcome
    /// all joiners share, as a blob.
    int PIECE_BYTES_MAX = 128 << 10;

    /// Pieces in a page, and their weight but for the first.
    int PAGE_MAX = 32;

    int PAGE_WEIGHT_MAX = 512 << 10;

    /// Ids in one [#acknowledge].
    int ACKNOWLEDGED_MAX = 128;

    /// A piece and its place in the inbox.
    ///
    /// @param number higher than that of any piece before it
    record NumberedItem(long number, InboxItem mail) {}

    /// @param more whether there may be more after these
    /// @param last the number after which the next page begins
    record InboxPage(List<NumberedItem> pieces, long last, boolean more) {
        public InboxPage {
            pieces = List.copyOf(pieces);
        }
    }

    /// @param pieces how many there are
    /// @param weight of all
    /// @param dropped how many there was no room for, in the last month or so
    record InboxSummary(long pieces, long weight, long dropped) {
        public static final InboxSummary EMPTY = new InboxSummary(0, 0, 0);
    }

    /// Files mail; the same id twice is one piece. Completes when durable.
    Mono<Void> file(Map<ClientId, List<InboxItem>> mail);

    /// The next mail not yet acknowledged nor older than [#MAIL_LIFE], oldest first.
    ///
    /// @param after a piece's number; 0 to begin with the oldest
    Mono<InboxPage> page(ClientId client, long after);

    /// One piece of mail; empty where there is none.
    Mono<InboxItem> mail(ClientId client, Bytes id);

    /// Forgets mail of this client's inbox; other ids do nothing.
    ///
    /// @return how many of them, each named once, were there
    Mono<Long> acknowledge(ClientId client, Set<Bytes> ids);

    /// What the inbox holds.
    Mono<InboxSummary> summary(ClientId client);

    /// Deletes all mail of a client.
    Mono<Void> clear(ClientId client);

    /// Clients for whom mail was just filed, on whichever node: a hint to look. May repeat, may be lost
    /// while the store is out of reach.
    Flux<ClientId> filed();
}
