package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import java.time.Instant;
import java.util.List;

/// KeyPackages of one client that the store adds.
///
/// @param grant the grant of the owner; a later revocation of the device ends it
/// @param replace deletes all others of the same kinds in the same step; a KeyPackage that is
///     already stored stays
/// @param countMax maximum of single-use ones of one client per kind
public record PublishRequest(
        TokenGrant grant, List<OfferedKeyPackage> offers, boolean replace, int countMax) {
    public PublishRequest {
        offers = List.copyOf(offers);
        if (replace && !isOneStep(offers)) {
            throw new IllegalArgumentException("too many KeyPackages to replace in one step");
        }
    }

    /// Whether one step can store these KeyPackages.
    public static boolean isOneStep(List<OfferedKeyPackage> offers) {
        return offers.size() <= KeyPackageStore.REPLACE_COUNT_MAX
                && offers.stream().mapToLong(offer -> offer.keyPackage().message().size()).sum()
                        <= KeyPackageStore.SCRIPT_BYTES_MAX;
    }

    /// A request of a client that was authenticated just now.
    public static PublishRequest of(
            ClientId owner, List<OfferedKeyPackage> offers, boolean replace, int countMax) {
        return new PublishRequest(
                new TokenGrant(owner, Instant.MAX, Instant.MAX), offers, replace, countMax);
    }

    public ClientId owner() {
        return grant.client();
    }
}
