package io.lockstep.directory;

import io.lockstep.wire.Refusal;
import java.time.Duration;
import java.util.List;

/// The result of publishing a body of KeyPackages: how many were stored, and why others were not.
public sealed interface PublishResult {
    /// The whole body was parsed.
    ///
    /// @param stored number of stored KeyPackages
    /// @param refused the other KeyPackages
    record Published(int stored, List<RefusedKeyPackage> refused) implements PublishResult {
        public Published {
            refused = List.copyOf(refused);
        }
    }

    /// The body is not a sequence of KeyPackages. Nothing was stored.
    record BodyRefused(Refusal refusal) implements PublishResult {}

    /// The user's recent uploads exceed its rate. Nothing was stored.
    record UploadRateLimited(Duration retryAfter) implements PublishResult {}

    /// @param index index in the body, from 0
    record RefusedKeyPackage(int index, Refusal refusal) {}
}
