package io.lockstep.gateway.access;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.limits.SubmissionLimits;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Code;
import java.time.Duration;
import java.util.Optional;

/// Limits the rate of submissions, of created groups and of failed requests, per client and user on
/// this node. Callers ask it before any work that costs more than a memory access. Thread-safe.
public final class SubmissionRateLimiter {
    private static final int CLIENTS_OF_USER = 2;

    private final RateLimiter<ClientId> ofClient;
    private final RateLimiter<ClientId> bytesOfClient;
    private final RateLimiter<String> ofUser;
    private final RateLimiter<String> bytesOfUser;
    private final RateLimiter<String> creates;
    private final RateLimiter<ClientId> failures;

    public SubmissionRateLimiter(SubmissionLimits limits, int frameBytesMax, MonotonicClock clock) {
        long burst = limits.burst();
        long bytesBurst = limits.bytesBurst(frameBytesMax);
        ofClient = new RateLimiter<>(burst, limits.perSecond(), clock);
        ofUser =
                new RateLimiter<>(
                        CLIENTS_OF_USER * burst,
                        (long) CLIENTS_OF_USER * limits.perSecond(),
                        clock);
        bytesOfClient = new RateLimiter<>(bytesBurst, limits.bytesPerSecond(), clock);
        bytesOfUser =
                new RateLimiter<>(
                        CLIENTS_OF_USER * bytesBurst,
                        CLIENTS_OF_USER * limits.bytesPerSecond(),
                        clock);
        creates = new RateLimiter<>(limits.createsBurst(), limits.createsPerSecond(), clock);
        failures = new RateLimiter<>(limits.failuresBurst(), limits.failuresPerSecond(), clock);
    }

    /// @param bytes of the whole frame
    /// @return how long the client must wait; empty if the submission is allowed and was counted
    public Optional<Postponement> submit(ClientId client, int bytes) {
        return failures.delayForOne(client)
                .or(() -> ofClient.take(client, 1))
                .or(() -> bytesOfClient.take(client, bytes))
                .or(() -> ofUser.take(client.user(), 1))
                .or(() -> bytesOfUser.take(client.user(), bytes))
                .map(Postponement::rateLimited);
    }

    /// @return how long the user must wait; empty if the user may create a group and that was
    ///     counted
    public Optional<Postponement> create(ClientId client) {
        return creates.take(client.user(), 1).map(Postponement::rateLimited);
    }

    /// @return how long a client that failed too often must wait
    public Optional<Duration> delayAfterFailures(ClientId client) {
        return failures.delayForOne(client);
    }

    /// Records that a request of the client for a group was refused with this code.
    public void refused(ClientId client, Code code) {
        if (isCharged(code)) {
            failures.charge(client);
        }
    }

    /// Refusals of outsiders, and of rejections that another member has overruled.
    private static boolean isCharged(Code code) {
        return code == Code.UNKNOWN_GROUP
                || code == Code.NOT_A_MEMBER
                || code == Code.REMOVED
                || code == Code.JOIN_NOT_ALLOWED
                || code == Code.COMMIT_NOT_PROVISIONAL;
    }
}
