package io.lockstep.server.health;

import java.util.function.Supplier;

/// One condition of `/livez` or `/readyz`.
public interface HealthCheck {
    /// Stable, lower case, words joined by hyphens, such as `redis-writable`. Names nobody.
    String name();

    /// Never blocks and never asks anything over a network: whoever has to, asks on a timer and keeps
    /// the answer.
    Status status();

    /// What a check found.
    sealed interface Status {}

    /// The condition holds.
    ///
    /// @param note what operators should look at all the same, as in [Down]; empty for nothing
    record Up(String note) implements Status {}

    /// The condition does not hold.
    ///
    /// @param reason one sentence for operators, without secrets and names of users
    record Down(String reason) implements Status {}

    static Status up() {
        return new Up("");
    }

    /// The condition holds, and operators should look at something all the same.
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
