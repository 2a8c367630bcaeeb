package io.lockstep.gateway.session;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// The expiry of a session's token. A timer is set only shortly before: most sessions end earlier.
final class TokenExpiry {
    private final Instant at;
    private boolean scheduled;

    TokenExpiry(Instant at) {
        this.at = at;
    }

    /// @return the time left, capped at what a Duration can hold; empty: never
    Optional<Duration> left(Instant now) {
        return at.equals(Instant.MAX) ? Optional.empty() : Optional.of(Duration.between(now, at));
    }

    /// Called once per interval.
    ///
    /// @return the time after which to close; empty while the expiry is not near, and after it was
    ///     reported
    Optional<Duration> near(Instant now, Duration interval) {
        if (scheduled || now.plus(interval.multipliedBy(2)).isBefore(at)) {
            return Optional.empty();
        }
        scheduled = true;
        return Optional.of(now.isBefore(at) ? Duration.between(now, at) : Duration.ZERO);
    }
}
