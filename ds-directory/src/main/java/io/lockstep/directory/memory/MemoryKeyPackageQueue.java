package io.lockstep.directory.memory;

import io.lockstep.directory.ClaimOutcome;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageCount;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// One client's KeyPackages of one kind, oldest first. Confined to the store's lock.
final class MemoryKeyPackageQueue {
    /// Ordered by expiry, then by age.
    private final List<OfferedKeyPackage> singleUse = new ArrayList<>();

    private Optional<OfferedKeyPackage> lastResort = Optional.empty();

    /// How often the last resort was handed out.
    private long lastResortClaims;

    /// @return false when there are too many
    boolean add(OfferedKeyPackage offer, int countMax, Instant now) {
        if (offer.keyPackage().lastResort()) {
            lastResort = Optional.of(offer);
            lastResortClaims = 0;
            return true;
        }
        prune(now);
        if (singleUse.size() >= countMax) {
            return false;
        }
        int at = singleUse.size();
        while (at > 0 && expires(singleUse.get(at - 1)).isAfter(expires(offer))) {
            at--;
        }
        singleUse.add(at, offer);
        return true;
    }

    private static Instant expires(OfferedKeyPackage offer) {
        return offer.keyPackage().expires();
    }

    long bytes() {
        return Stream.concat(singleUse.stream(), lastResort.stream())
                .mapToLong(offer -> offer.keyPackage().message().size())
                .sum();
    }

    Set<Features> features() {
        return Stream.concat(singleUse.stream(), lastResort.stream())
                .map(OfferedKeyPackage::features)
                .collect(Collectors.toSet());
    }

    boolean has(Bytes ref) {
        return singleUse.stream().anyMatch(offer -> offer.keyPackage().ref().equals(ref))
                || lastResort.filter(offer -> offer.keyPackage().ref().equals(ref)).isPresent();
    }

    Optional<ClaimOutcome.KeyPackageFound> take(
            Features needed, boolean lastResortOnly, Instant now) {
        prune(now);
        for (var offers = singleUse.iterator(); offers.hasNext() && !lastResortOnly; ) {
            var offer = offers.next();
            if (offer.features().cover(needed)) {
                offers.remove();
                return Optional.of(
                        new ClaimOutcome.KeyPackageFound(offer.keyPackage(), singleUse.size(), 0));
            }
        }
        return lastResort
                .filter(offer -> offer.features().cover(needed))
                .map(offer ->
                        new ClaimOutcome.KeyPackageFound(
                                offer.keyPackage(), 0, ++lastResortClaims));
    }

    /// @return number of removed KeyPackages
    long removeIf(Predicate<Bytes> which) {
        int before = size();
        singleUse.removeIf(offer -> which.test(offer.keyPackage().ref()));
        lastResort = lastResort.filter(offer -> !which.test(offer.keyPackage().ref()));
        return (long) before - size();
    }

    KeyPackageCount remaining(Instant now) {
        prune(now);
        return new KeyPackageCount(
                singleUse.size(),
                lastResort.isPresent(),
                lastResort.isPresent() ? lastResortClaims : 0);
    }

    boolean isEmpty(Instant now) {
        prune(now);
        return size() == 0;
    }

    private void prune(Instant now) {
        singleUse.removeIf(offer -> !offer.keyPackage().expires().isAfter(now));
        lastResort = lastResort.filter(offer -> offer.keyPackage().expires().isAfter(now));
    }

    int size() {
        return singleUse.size() + (lastResort.isPresent() ? 1 : 0);
    }
}
