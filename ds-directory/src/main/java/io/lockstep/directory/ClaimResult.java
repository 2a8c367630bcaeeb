package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.time.Duration;
import java.util.List;

/// The result of a claim of one user's KeyPackages.
public sealed interface ClaimResult {
    record DevicesClaimed(List<ClaimedKeyPackage> claimed, List<MissingKeyPackage> missing)
            implements ClaimResult {
        public DevicesClaimed {
            claimed = List.copyOf(claimed);
            missing = List.copyOf(missing);
        }
    }

    /// The directory has no such user or no such device, or the user does not allow this requester
    /// to claim. The result does not tell which.
    record UnknownClient() implements ClaimResult {}

    /// The requester claims too often, or this user is claimed from too often.
    record ClaimRateLimited(Duration retryAfter) implements ClaimResult {}

    /// The store did not answer for this user of a bulk claim. KeyPackages that were claimed for it
    /// are lost.
    record StoreFailed() implements ClaimResult {}

    /// @param message MLSMessage with the KeyPackage; for another version the bytes as published
    record ClaimedKeyPackage(
            ClientId client, Bytes ref, KeyPackageKind kind, boolean lastResort, Bytes message) {}

    /// @param code KEY_PACKAGES_EXHAUSTED or NOTHING_COMPATIBLE
    record MissingKeyPackage(ClientId client, Code code) {}
}
