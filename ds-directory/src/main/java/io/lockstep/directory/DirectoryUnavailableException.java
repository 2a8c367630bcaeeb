package io.lockstep.directory;

import org.jspecify.annotations.Nullable;

/// The directory's store did not answer. What was asked of it may have happened or not.
public final class DirectoryUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DirectoryUnavailableException(String what, @Nullable Throwable cause) {
        super(what, cause);
    }
}
