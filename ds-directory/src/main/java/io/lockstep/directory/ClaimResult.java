package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.time.Duration;
import java.util.List;

/// What a claim of a user's KeyPackages brings.
public sealed interface ClaimResult {
    record DevicesClaimed(List<ClaimedKeyPackage> claimed, List<MissingKeyPackage> missing)
            implements ClaimResult {
        public DevicesClaimed {
            claimed = List.copyOf(claimed);
            missing = List.copyOf(missing);
        }
    }

    /// The directory knows no such user, or no such device of it, or the user does not let this requester
    /// claim: who may not is not told which.
    record UnknownClient() implements ClaimResult {}

    /// The requester asks too often, or this user is asked for too often.
    record ClaimRateLimited(Duration retryAfter) implements ClaimResult {}

    /// Of one user among many: the store did not answer. What was claimed for it, if anything, is gone.
    record StoreFailed() implements ClaimResult {}

    /// @param message MLSMessage with the KeyPackage; of another version the bytes as they were published
    record ClaimedKeyPackage(
            ClientId client, Bytes ref, KeyPackageKind shelf, boolean lastResort, Bytes message) {}

    /// @param code KEY_PACKAGES_EXHAUSTED or NOTHING_COMPATIBLE
    record MissingKeyPackage(ClientId client, Code code) {}
}
