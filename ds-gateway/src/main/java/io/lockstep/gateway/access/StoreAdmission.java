package io.lockstep.gateway.access;

import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Admits what adds data to the store while the store has room. Reads, claims, acknowledgements and
/// deletions do not ask. Thread-safe.
public final class StoreAdmission {
    /// What frees memory by itself takes a while: trimming, expiry of blobs, claims.
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private static final Postponement NEARLY_FULL =
            new Postponement(
                    new Refusal(
                            Code.OVERLOADED, "the store is nearly full and takes no more for now"),
                    RETRY_AFTER);

    private final BooleanSupplier hasRoom;

    /// @param hasRoom must not block
    public StoreAdmission(BooleanSupplier hasRoom) {
        this.hasRoom = hasRoom;
    }

    /// @return why nothing may be added now; empty if it may
    public Optional<Postponement> postponement() {
        return hasRoom.getAsBoolean() ? Optional.empty() : Optional.of(NEARLY_FULL);
    }
}
