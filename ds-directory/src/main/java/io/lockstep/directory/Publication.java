package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Session;
import java.time.Instant;
import java.util.List;

/// KeyPackages of one client that go onto its shelves.
///
/// @param grant by what its owner may publish: a revocation of the device since then ends it
/// @param replace what else lies on the shelves of these packages goes in the same step, and one that lies
///     there already stays
/// @param countMax how many single-use ones a client may hold per shelf
public record Publication(Session grant, List<Offer> offers, boolean replace, int countMax) {
    public Publication {
        offers = List.copyOf(offers);
        if (replace && !isOneStep(offers)) {
            throw new IllegalArgumentException("so many cannot be replaced in one step");
        }
    }

    /// Whether so much is stored in one step.
    public static boolean isOneStep(List<Offer> offers) {
        return offers.size() <= KeyPackageStore.REPLACING_MAX
                && offers.stream().mapToLong(offer -> offer.keyPackage().message().size()).sum()
                        <= KeyPackageStore.STEP_BYTES_MAX;
    }

    /// Of a client that was let in just now.
    public static Publication of(
            ClientId owner, List<Offer> offers, boolean replace, int countMax) {
        return new Publication(
                new Session(owner, Instant.MAX, Instant.MAX), offers, replace, countMax);
    }

    public ClientId owner() {
        return grant.client();
    }
}
