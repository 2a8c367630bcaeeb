package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import java.util.List;

/// What a claim of a user's KeyPackages brings.
public sealed interface ClaimResult {
    record Claimed(List<ClaimedKeyPackage> claimed, List<MissingKeyPackage> missing)
            implements ClaimResult {
        public Claimed {
            claimed = List.copyOf(claimed);
            missing = List.copyOf(missing);
        }
    }

    /// The directory knows no such user, or no such device of it.
    record UnknownClient() implements ClaimResult {}

    /// @param message MLSMessage with the KeyPackage
    record ClaimedKeyPackage(
            ClientId client, Bytes ref, int suite, boolean lastResort, Bytes message) {}

    /// @param code KEY_PACKAGES_EXHAUSTED or NOTHING_COMPATIBLE
    record MissingKeyPackage(ClientId client, Code code) {}
}
