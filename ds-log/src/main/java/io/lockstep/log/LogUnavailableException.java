package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;
import org.jspecify.annotations.Nullable;

/// The store did not answer. What was asked of it may have happened or not.
public final class LogUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LogUnavailableException(String what, GroupId group, @Nullable Throwable cause) {
        super(what + ", group " + group, cause);
    }
}
