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
    private record Filed(long number, InboxItem item, long expiresMillis) {
        long weight() {
            return (long) InboxStore.ITEM_WEIGHT + item.bytes();
        }

        Bytes source() {
            return item.keyPackageRef();
        }
    }

    private final Map<Bytes, Filed> byId = new LinkedHashMap<>();

    /// Weight of all items for one KeyPackage, and of all items.
    private final Map<Bytes, Long> weights = new HashMap<>();

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
        weights.merge(filed.source(), more, Long::sum);
        weights.remove(filed.source(), 0L);
    }

    void file(long number, InboxItem item, long expiresMillis) {
        var filed = new Filed(number, item, expiresMillis);
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
        if (own > InboxStore.KEY_PACKAGE_WEIGHT_MAX) {
            return false;
        }
        while (weight + filed.weight() > InboxStore.WEIGHT_MAX) {
            var heaviest =
                    weights.keySet().stream()
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
        return weights.getOrDefault(source, 0L);
    }

    InboxStore.InboxPage page(long after) {
        var items = new ArrayList<InboxStore.NumberedItem>();
        long pageWeight = 0;
        long last = after;
        for (var filed : byId.values()) {
            if (filed.number() <= after) {
                continue;
            }
            pageWeight += filed.weight();
            if (items.size() == InboxStore.PAGE_MAX
                    || (!items.isEmpty() && pageWeight > InboxStore.PAGE_WEIGHT_MAX)) {
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
