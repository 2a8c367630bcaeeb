package io.lockstep.directory;

import io.lockstep.wire.Code;

/// A body that is not a sequence of KeyPackages. Cheap: it has no stack trace.
final class UnreadableBodyException extends Exception {
    private final Code code;
    private final String detail;

    UnreadableBodyException(Code code, String detail) {
        super(detail, null, false, false);
        this.code = code;
        this.detail = detail;
    }

    PublishResult.Refused refused() {
        return new PublishResult.Refused(code, detail);
    }
}
