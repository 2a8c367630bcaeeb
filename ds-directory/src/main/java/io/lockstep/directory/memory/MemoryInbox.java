package io.lockstep.directory.memory;

import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// One client's inbox in memory, oldest item first. Confined to the store's lock.
final class MemoryInbox {
    /// @param sender EMPTY for none
    private record Filed(long number, Bytes sender, InboxItem item, long expiresMillis) {
        long weight() {
            return (long) InboxStore.ITEM_WEIGHT + item.bytes();
        }

        Bytes keyPackage() {
            return item.keyPackageRef();
        }

        /// The sender, or the KeyPackage in its place.
        Bytes source() {
            return sender.isEmpty() ? keyPackage() : sender;
        }
    }

    private final Map<Bytes, Filed> byId = new LinkedHashMap<>();

    /// Weight of all items by KeyPackage, by source, and of all items.
    private final Map<Bytes, Long> byKeyPackage = new HashMap<>();

    private final Map<Bytes, Long> bySource = new HashMap<>();
    private long weight;
    private long dropped;

    void prune(long nowMillis) {
        removeIf(filed -> filed.expiresMillis() <= nowMillis);
    }

    private long removeIf(Predicate<Filed> which) {
        long before = byId.size();
        byId.values()
                .removeIf(filed -> {
                    boolean goes = which.test(filed);
                    if (goes) {
                        weigh(filed, -filed.weight());
                    }
                    return goes;
                });
        return before - byId.size();
    }

    private void weigh(Filed filed, long more) {
        weight += more;
        byKeyPackage.merge(filed.keyPackage(), more, Long::sum);
        byKeyPackage.remove(filed.keyPackage(), 0L);
        bySource.merge(filed.source(), more, Long::sum);
        bySource.remove(filed.source(), 0L);
    }

    void file(long number, Bytes sender, InboxItem item, long expiresMillis) {
        var filed = new Filed(number, sender, item, expiresMillis);
        if (byId.containsKey(item.id())) {
            return;
        }
        if (item.bytes() > InboxStore.ITEM_BYTES_MAX || !makeRoom(filed)) {
            dropped++;
            return;
        }
        byId.put(item.id(), filed);
        weigh(filed, filed.weight());
    }

    private boolean makeRoom(Filed filed) {
        long own = weightOf(filed.source()) + filed.weight();
        long forKeyPackage = byKeyPackage.getOrDefault(filed.keyPackage(), 0L) + filed.weight();
        if (forKeyPackage > InboxStore.KEY_PACKAGE_WEIGHT_MAX
                || (!filed.sender().isEmpty() && own > InboxStore.SENDER_WEIGHT_MAX)) {
            return false;
        }
        while (weight + filed.weight() > InboxStore.WEIGHT_MAX) {
            var heaviest =
                    bySource.keySet().stream()
                            .max(Comparator.comparingLong(this::weightOf))
                            .orElseThrow();
            if (own >= weightOf(heaviest)) {
                return false;
            }
            var newest =
                    byId.values().stream()
                            .filter(one -> one.source().equals(heaviest))
                            .max(Comparator.comparingLong(Filed::number))
                            .orElseThrow();
            removeIf(newest::equals);
            dropped++;
        }
        return true;
    }

    private long weightOf(Bytes source) {
        return bySource.getOrDefault(source, 0L);
    }

    boolean isShareUsed(Bytes sender) {
        return weightOf(sender) + InboxStore.ITEM_WEIGHT > InboxStore.SENDER_WEIGHT_MAX;
    }

    InboxStore.InboxPage page(long after) {
        var items = new ArrayList<InboxStore.NumberedItem>();
        long pageBytes = 0;
        long last = after;
        for (var filed : byId.values()) {
            if (filed.number() <= after) {
                continue;
            }
            pageBytes += filed.item().bytes();
            if (items.size() == InboxStore.PAGE_MAX
                    || (!items.isEmpty() && pageBytes > InboxStore.PAGE_BYTES_MAX)) {
                return new InboxStore.InboxPage(items, last, true);
            }
            items.add(new InboxStore.NumberedItem(filed.number(), filed.item()));
            last = filed.number();
        }
        return new InboxStore.InboxPage(items, last, false);
    }

    Optional<InboxItem> item(Bytes id) {
        return Optional.ofNullable(byId.get(id)).map(Filed::item);
    }

    long remove(Set<Bytes> ids) {
        return removeIf(filed -> ids.contains(filed.item().id()));
    }

    InboxStore.InboxSummary summary() {
        return new InboxStore.InboxSummary(byId.size(), weight, dropped);
    }
}
