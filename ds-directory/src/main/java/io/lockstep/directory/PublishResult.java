package io.lockstep.directory;

import io.lockstep.wire.Refusal;
import java.time.Duration;
import java.util.List;

/// The result of publishing a body of KeyPackages: how many were stored, and why others were not.
public sealed interface PublishResult {
    /// The body was read whole.
    ///
    /// @param stored how many were stored
    /// @param refused the others
    record Published(int stored, List<RefusedKeyPackage> refused) implements PublishResult {
        public Published {
            refused = List.copyOf(refused);
        }
    }

    /// The body as a whole is not a sequence of KeyPackages; nothing was stored.
    record BodyRefused(Refusal refusal) implements PublishResult {}

    /// The user's uploads cost too much lately; nothing was stored.
    record UploadRateLimited(Duration retryAfter) implements PublishResult {}

    /// @param index which one of the body, from 0
    record RefusedKeyPackage(int index, Refusal refusal) {}
}
