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

/// One client's inbox, oldest first. Confined to the store's lock.
final class MemoryInbox {
    private record Filed(long number, InboxItem mail, long expiresMillis) {
        long weight() {
            return (long) InboxStore.PIECE_WEIGHT + mail.bytes();
        }

        Bytes source() {
            return mail.keyPackageRef();
        }
    }

    private final Map<Bytes, Filed> mail = new LinkedHashMap<>();

    /// Of all mail in answer to one KeyPackage, and of all mail.
    private final Map<Bytes, Long> weights = new HashMap<>();

    private long weight;
    private long dropped;

    void prune(long nowMillis) {
        removeIf(filed -> filed.expiresMillis() <= nowMillis);
    }

    private long removeIf(Predicate<Filed> which) {
        long before = mail.size();
        mail.values()
                .removeIf(filed -> {
                    boolean goes = which.test(filed);
                    if (goes) {
                        weigh(filed, -filed.weight());
                    }
                    return goes;
                });
        return before - mail.size();
    }

    private void weigh(Filed filed, long more) {
        weight += more;
        weights.merge(filed.source(), more, Long::sum);
        weights.remove(filed.source(), 0L);
    }

    void file(long number, InboxItem piece, long expiresMillis) {
        var filed = new Filed(number, piece, expiresMillis);
        if (mail.containsKey(piece.id())) {
            return;
        }
        if (piece.bytes() > InboxStore.PIECE_BYTES_MAX || !makeRoom(filed)) {
            dropped++;
            return;
        }
        mail.put(piece.id(), filed);
        weigh(filed, filed.weight());
    }

    private boolean makeRoom(Filed filed) {
        long own = weightOf(filed.source()) + filed.weight();
        if (own > InboxStore.SOURCE_WEIGHT_MAX) {
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
                    mail.values().stream()
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
        var pieces = new ArrayList<InboxStore.NumberedItem>();
        long pageWeight = 0;
        long last = after;
        for (var filed : mail.values()) {
            if (filed.number() <= after) {
                continue;
            }
            pageWeight += filed.weight();
            if (pieces.size() == InboxStore.PAGE_MAX
                    || (!pieces.isEmpty() && pageWeight > InboxStore.PAGE_WEIGHT_MAX)) {
                return new InboxStore.InboxPage(pieces, last, true);
            }
            pieces.add(new InboxStore.NumberedItem(filed.number(), filed.mail()));
            last = filed.number();
        }
        return new InboxStore.InboxPage(pieces, last, false);
    }

    Optional<InboxItem> mail(Bytes id) {
        return Optional.ofNullable(mail.get(id)).map(Filed::mail);
    }

    long remove(Set<Bytes> ids) {
        return removeIf(filed -> ids.contains(filed.mail().id()));
    }

    InboxStore.InboxSummary summary() {
        return new InboxStore.InboxSummary(mail.size(), weight, dropped);
    }
}
