package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RetryClass;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Retry;

/// Why the server did not do what was asked, and what can be done about it.
///
/// @param code a stable name, such as `epoch_conflict`; one of [io.lockstep.wire.Code] or newer
/// @param detail for people
/// @param retryAfterMillis with LATER: not before so many milliseconds
/// @param epoch the group's, where the client may know it; else 0
/// @param position the group's last, where the client may know it; else 0
/// @param head at that position, or EMPTY
/// @param missed how many deliveries came with the refusal; they were handed on as events before it
/// @param missedAll whether these reach the group's last position
public record ServerRefusal(
        String code,
        String detail,
        RetryClass retry,
        int retryAfterMillis,
        long epoch,
        long position,
        Bytes head,
        int missed,
        boolean missedAll) {
    static ServerRefusal ofWire(Refused wire) {
        return new ServerRefusal(
                wire.getCode(),
                wire.getDetail(),
                retryOf(wire.getRetry()),
                wire.getRetryAfterMillis(),
                wire.getEpoch(),
                wire.getPosition(),
                Bytes.of(wire.getHead()),
                wire.getMissedCount(),
                wire.getMissedAll());
    }

    /// A refusal that this client makes itself.
    static ServerRefusal of(Refusal refusal) {
        return ofCode(refusal.code().wireName(), refusal.detail(), refusal.code().retry());
    }

    /// A refusal that says nothing but its code, as HTTP brings it.
    public static ServerRefusal ofCode(String code, String detail, RetryClass retry) {
        return new ServerRefusal(code, detail, retry, 0, 0, 0, Bytes.EMPTY, 0, false);
    }

    /// Why something failed that may have failed for other reasons than the server's.
    public static ServerRefusal of(Throwable why) {
        return why instanceof RefusedException refused
                ? refused.refusal()
                : of(
                        new Refusal(
                                Code.UNAVAILABLE,
                                why.getMessage() == null
                                        ? why.getClass().getSimpleName()
                                        : why.getMessage()));
    }

    /// Whether this is why.
    public boolean is(Code reason) {
        return code.equals(reason.wireName());
    }

    /// Whether the same may do better later.
    boolean isForNow() {
        return retry == RetryClass.LATER || retry == RetryClass.TO_LEARN_OUTCOME;
    }

    private static RetryClass retryOf(Retry retry) {
        return switch (retry) {
            case RETRY_AFTER_REBASE -> RetryClass.AFTER_REBASE;
            case RETRY_LATER -> RetryClass.LATER;
            case RETRY_TO_LEARN_OUTCOME -> RetryClass.TO_LEARN_OUTCOME;
            case RETRY_NEVER, RETRY_UNSPECIFIED, UNRECOGNIZED -> RetryClass.NEVER;
        };
    }
}
