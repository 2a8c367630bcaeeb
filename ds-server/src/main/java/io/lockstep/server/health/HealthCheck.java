package io.lockstep.server.health;

import java.util.function.Supplier;

/// One condition of `/livez` or `/readyz`.
public interface HealthCheck {
    /// Stable, lower case, words joined by hyphens, such as `redis-writable`. It contains no name
    /// of a user.
    String name();

    /// Returns the status without blocking or network I/O. A check that needs a request sends it on
    /// a timer and stores the result.
    Status status();

    /// The result of a check.
    sealed interface Status {}

    /// The condition holds.
    ///
    /// @param note a problem that operators should examine, as in [Down]; empty for none
    record Up(String note) implements Status {}

    /// The condition does not hold.
    ///
    /// @param reason one sentence for operators, without secrets or names of users
    record Down(String reason) implements Status {}

    static Status up() {
        return new Up("");
    }

    /// The condition holds, but operators should examine a problem.
    static Status upBut(String note) {
        return new Up(note);
    }

    static Status down(String reason) {
        return new Down(reason);
    }

    static HealthCheck of(String name, Supplier<Status> status) {
        return new HealthCheck() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Status status() {
                return status.get();
            }
        };
    }
}
