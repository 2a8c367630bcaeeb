package io.lockstep.gateway.access;

import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.time.Duration;

/// The reason why a request is not admitted now, and when the client may send it again.
public record Postponement(Refusal refusal, Duration retryAfter) {
    public static Postponement rateLimited(Duration retryAfter) {
        return new Postponement(Refusal.of(Code.RATE_LIMITED), retryAfter);
    }
}
