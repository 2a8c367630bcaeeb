package io.lockstep.gateway.session;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// When a session's token ends. A timer is set only when that is near: most sessions end before it.
final class TokenExpiry {
    private final Instant at;
    private boolean scheduled;

    TokenExpiry(Instant at) {
        this.at = at;
    }

    /// @return until then, as far as a Duration goes; empty: never
    Optional<Duration> left(Instant now) {
        return at.equals(Instant.MAX) ? Optional.empty() : Optional.of(Duration.between(now, at));
    }

    /// Asked once in each interval.
    ///
    /// @return after what time to close; empty while the end is not near, and after it has been told
    Optional<Duration> near(Instant now, Duration interval) {
        if (scheduled || now.plus(interval.multipliedBy(2)).isBefore(at)) {
            return Optional.empty();
        }
        scheduled = true;
        return Optional.of(now.isBefore(at) ? Duration.between(now, at) : Duration.ZERO);
    }
}
