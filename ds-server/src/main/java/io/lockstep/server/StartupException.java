package io.lockstep.server;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The server cannot start, for reasons that the operator can fix. Each reason is one sentence.
final class StartupException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient List<String> reasons;

    StartupException(List<String> reasons, @Nullable Throwable cause) {
        super(String.join("; ", reasons), cause);
        this.reasons = List.copyOf(reasons);
    }

    StartupException(String reason, @Nullable Throwable cause) {
        this(List.of(reason), cause);
    }

    List<String> reasons() {
        return reasons;
    }
}
