package io.lockstep.gateway.submission;

import io.lockstep.wire.Code;

/// A refusal on its way out of a method. Cheap: it has no stack trace.
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    final Code code;
    final String detail;

    Refusal(Code code, String detail) {
        super(detail, null, false, false);
        this.code = code;
        this.detail = detail;
    }
}
