package io.lockstep.directory.memory;

import io.lockstep.directory.InboxStore;
import io.lockstep.directory.Mail;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// One client's inbox, oldest first. Confined to the store's lock.
final class MemoryInbox {
    private record Filed(long number, Mail mail, long expiresMillis) {
        long weight() {
            return (long) InboxStore.PIECE_WEIGHT + mail.bytes();
        }

        Bytes source() {
            return mail.keyPackageRef();
        }
    }

    private final Map<Bytes, Filed> mail = new LinkedHashMap<>();
    private long dropped;

    void prune(long nowMillis) {
        mail.values().removeIf(filed -> filed.expiresMillis() <= nowMillis);
    }

    void file(long number, Mail piece, long expiresMillis) {
        var filed = new Filed(number, piece, expiresMillis);
        if (mail.containsKey(piece.id())) {
            return;
        }
        if (piece.bytes() > InboxStore.PIECE_BYTES_MAX || !makeRoom(filed)) {
            dropped++;
            return;
        }
        mail.put(piece.id(), filed);
    }

    private boolean makeRoom(Filed filed) {
        long own = weightOf(filed.source()) + filed.weight();
        if (own > InboxStore.SOURCE_WEIGHT_MAX) {
            return false;
        }
        while (weight() + filed.weight() > InboxStore.WEIGHT_MAX) {
            var heaviest =
                    mail.values().stream()
                            .map(Filed::source)
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
            mail.remove(newest.mail().id());
            dropped++;
        }
        return true;
    }

    private long weightOf(Bytes source) {
        return mail.values().stream()
                .filter(one -> one.source().equals(source))
                .mapToLong(Filed::weight)
                .sum();
    }

    private long weight() {
        return mail.values().stream().mapToLong(Filed::weight).sum();
    }

    InboxStore.Page page(long after) {
        var pieces = new ArrayList<InboxStore.Piece>();
        long weight = 0;
        long last = after;
        for (var filed : mail.values()) {
            if (filed.number() <= after) {
                continue;
            }
            weight += filed.weight();
            if (pieces.size() == InboxStore.PAGE_MAX
                    || (!pieces.isEmpty() && weight > InboxStore.PAGE_WEIGHT_MAX)) {
                return new InboxStore.Page(pieces, last, true);
            }
            pieces.add(new InboxStore.Piece(filed.number(), filed.mail()));
            last = filed.number();
        }
        return new InboxStore.Page(pieces, last, false);
    }

    Optional<Mail> mail(Bytes id) {
        return Optional.ofNullable(mail.get(id)).map(Filed::mail);
    }

    long remove(Set<Bytes> ids) {
        int before = mail.size();
        mail.keySet().removeAll(List.copyOf(ids));
        return (long) before - mail.size();
    }

    InboxStore.Summary summary() {
        return new InboxStore.Summary(mail.size(), weight(), dropped);
    }
}
