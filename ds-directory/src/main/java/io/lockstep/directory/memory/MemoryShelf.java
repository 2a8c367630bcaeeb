package io.lockstep.directory.memory;

import io.lockstep.directory.Features;
import io.lockstep.directory.Left;
import io.lockstep.directory.Offer;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.wire.Bytes;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Predicate;

/// One client's KeyPackages of one version and suite, the oldest first. Confined to the store's lock.
final class MemoryShelf {
    private final Deque<Offer> singleUse = new ArrayDeque<>();
    private Optional<Offer> lastResort = Optional.empty();

    /// @return false when there are too many
    boolean add(Offer offer, int countMax) {
        if (offer.keyPackage().lastResort()) {
            lastResort = Optional.of(offer);
            return true;
        }
        return singleUse.size() < countMax && singleUse.add(offer);
    }

    boolean has(Bytes ref) {
        return singleUse.stream().anyMatch(offer -> offer.keyPackage().ref().equals(ref))
                || lastResort.filter(offer -> offer.keyPackage().ref().equals(ref)).isPresent();
    }

    Optional<StoredKeyPackage> take(Features needed, Instant now) {
        prune(now);
        for (var offers = singleUse.iterator(); offers.hasNext(); ) {
            var offer = offers.next();
            if (offer.features().cover(needed)) {
                offers.remove();
                return Optional.of(offer.keyPackage());
            }
        }
        return lastResort.filter(offer -> offer.features().cover(needed)).map(Offer::keyPackage);
    }

    /// @return how many went
    long removeIf(Predicate<Bytes> which) {
        int before = size();
        singleUse.removeIf(offer -> which.test(offer.keyPackage().ref()));
        lastResort = lastResort.filter(offer -> !which.test(offer.keyPackage().ref()));
        return (long) before - size();
    }

    Left left(Instant now) {
        prune(now);
        return new Left(singleUse.size(), lastResort.isPresent());
    }

    boolean isEmpty(Instant now) {
        prune(now);
        return size() == 0;
    }

    private void prune(Instant now) {
        singleUse.removeIf(offer -> !offer.keyPackage().expires().isAfter(now));
        lastResort = lastResort.filter(offer -> offer.keyPackage().expires().isAfter(now));
    }

    private int size() {
        return singleUse.size() + (lastResort.isPresent() ? 1 : 0);
    }
}
