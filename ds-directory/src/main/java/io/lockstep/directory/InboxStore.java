package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Each client's durable inbox. Every implementation passes `InboxStoreContract`. A Mono fails with
/// [DirectoryUnavailableException] when the store does not answer.
///
/// An inbox is bounded. The weight of an item is its bytes plus [#ITEM_WEIGHT]. All items of an
/// inbox weigh at most [#WEIGHT_MAX], those of one sender at most [#SENDER_WEIGHT_MAX], and those
/// for one KeyPackage at most [#KEY_PACKAGE_WEIGHT_MAX]. When there is no room, the store drops the
/// newest item of the sender whose items weigh most; [#summary] counts the dropped items. An item
/// without a sender has no sender's share, and its KeyPackage counts as its sender.
public interface InboxStore {
    /// How long an item waits for its client, by the store's clock; few KeyPackages live longer. It
    /// is less than [io.lockstep.log.BlobStore#PARTS_MIN], so the blobs of an item outlive it.
    Duration ITEM_TTL = Duration.ofDays(30);

    /// Weight of all items of an inbox: 800 Welcomes of 4 KiB, or 16 of 1 MiB.
    int WEIGHT_MAX = 16 << 20;

    /// Weight of the items of one sender: half, so that none fills an inbox alone. A user that adds
    /// another to hundreds of groups needs no more.
    int SENDER_WEIGHT_MAX = WEIGHT_MAX / 2;

    /// Weight of the items for one KeyPackage. A last resort may have many.
    int KEY_PACKAGE_WEIGHT_MAX = WEIGHT_MAX / 4;

    /// Weight of an item in addition to its bytes.
    int ITEM_WEIGHT = 16 << 10;

    /// A longer item is dropped. A joiner's secrets have some hundred bytes; the long part of a
    /// Welcome is shared by all joiners and stored as a blob.
    int ITEM_BYTES_MAX = 128 << 10;

    /// Items in a page, and their bytes except for the first. A session whose socket takes no more
    /// holds the rest of one page.
    int PAGE_MAX = 32;

    int PAGE_BYTES_MAX = 64 << 10;

    /// Ids in one [#acknowledge].
    int ACKNOWLEDGED_MAX = 128;

    /// An item and its number in the inbox.
    ///
    /// @param number higher than that of every earlier item
    record NumberedItem(long number, InboxItem item) {}

    /// @param last the number after which the next page begins
    /// @param more whether the inbox may have further items
    record InboxPage(List<NumberedItem> items, long last, boolean more) {
        public InboxPage {
            items = List.copyOf(items);
        }
    }

    /// @param items number of items
    /// @param weight weight of all items
    /// @param dropped number of items that were dropped for lack of room, in about the last month
    record InboxSummary(long items, long weight, long dropped) {
        public static final InboxSummary EMPTY = new InboxSummary(0, 0, 0);
    }

    /// Files items; two items with the same id are stored once. Completes when they are durable.
    ///
    /// @param sender pseudonym of the user that sent them; EMPTY for none
    Mono<Void> file(Bytes sender, Map<ClientId, List<InboxItem>> items);

    /// The clients among these whose inbox takes nothing more from this sender, because its share
    /// is used up. The answer is approximate: [#file] decides.
    ///
    /// @param sender pseudonym of a user; not EMPTY
    Mono<Set<ClientId>> shareUsed(Bytes sender, Collection<ClientId> clients);

    /// The next items that are neither acknowledged nor older than [#ITEM_TTL], oldest first.
    ///
    /// @param after number of an item; 0 to begin with the oldest
    Mono<InboxPage> page(ClientId client, long after);

    /// One item; empty when there is none.
    Mono<InboxItem> item(ClientId client, Bytes id);

    /// Deletes items of this client's inbox; other ids are ignored.
    ///
    /// @return how many of the items existed, each counted once
    Mono<Long> acknowledge(ClientId client, Set<Bytes> ids);

    /// The counters of the inbox.
    Mono<InboxSummary> summary(ClientId client);

    /// Deletes all items of a client.
    Mono<Void> clear(ClientId client);

    /// Clients for whom an item was just filed on any node: a notice to read the inbox. It may
    /// repeat, and may be lost while the store is unreachable.
    Flux<ClientId> filed();
}
