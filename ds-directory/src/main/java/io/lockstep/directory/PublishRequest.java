package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import java.time.Instant;
import java.util.List;

/// KeyPackages of one client that go onto its shelves.
///
/// @param grant by what its owner may publish: a revocation of the device since then ends it
/// @param replace what else lies on the shelves of these packages goes in the same step, and one that lies
///     there already stays
/// @param countMax how many single-use ones a client may hold per shelf
public record PublishRequest(
        TokenGrant grant, List<OfferedKeyPackage> offers, boolean replace, int countMax) {
    public PublishRequest {
        offers = List.copyOf(offers);
        if (replace && !isOneStep(offers)) {
            throw new IllegalArgumentException("so many cannot be replaced in one step");
        }
    }

    /// Whether so much is stored in one step.
    public static boolean isOneStep(List<OfferedKeyPackage> offers) {
        return offers.size() <= KeyPackageStore.REPLACING_MAX
                && offers.stream().mapToLong(offer -> offer.keyPackage().message().size()).sum()
                        <= KeyPackageStore.STEP_BYTES_MAX;
    }

    /// Of a client that was let in just now.
    public static PublishRequest of(
            ClientId owner, List<OfferedKeyPackage> offers, boolean replace, int countMax) {
        return new PublishRequest(
                new TokenGrant(owner, Instant.MAX, Instant.MAX), offers, replace, countMax);
    }

    public ClientId owner() {
        return grant.client();
    }
}
