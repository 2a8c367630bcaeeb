package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Retry;
import java.time.Duration;

/// Why the server refused a request, and whether a retry helps.
///
/// ```java
/// client.send(group, message).onErrorResume(RefusedException.class, e ->
///         e.refusal().retry() == RetryAdvice.AFTER_REBASE ? sendAgain() : Mono.error(e));
/// ```
///
/// @param code a stable name, such as `epoch_conflict`: one of [io.lockstep.wire.Code], or a newer
///     one
/// @param detail a sentence for people
/// @param retryAfterMillis for LATER: the least wait in milliseconds
/// @param epoch the group's current epoch if the client may know it, else 0
/// @param position the group's last position if the client may know it, else 0
/// @param head the head hash at that position, or EMPTY
/// @param missed number of deliveries that came with the refusal; they were emitted as events
///     before it
/// @param missedAll whether these deliveries reach the group's last position
/// @param successor for `group_reinitialized`: the id of the group's successor; else EMPTY
public record ServerRefusal(
        String code,
        String detail,
        RetryAdvice retry,
        int retryAfterMillis,
        long epoch,
        long position,
        Bytes head,
        int missed,
        boolean missedAll,
        Bytes successor) {
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
                wire.getMissedAll(),
                Bytes.of(wire.getSuccessorGroupId()));
    }

    /// Returns a refusal that this client makes itself.
    static ServerRefusal of(Refusal refusal) {
        return ofCode(refusal.code().wireName(), refusal.detail(), refusal.code().retry());
    }

    /// Returns the refusal of a call that got no answer in time.
    static ServerRefusal unanswered(Code code, Duration within) {
        return of(new Refusal(code, "no answer within " + within.toMillis() + " ms"));
    }

    /// Returns a refusal that has only a code and a detail, as HTTP problems do.
    public static ServerRefusal ofCode(String code, String detail, RetryAdvice retry) {
        return new ServerRefusal(code, detail, retry, 0, 0, 0, Bytes.EMPTY, 0, false, Bytes.EMPTY);
    }

    /// Returns the refusal of any failure. A failure that the server did not cause becomes
    /// `unavailable`.
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

    /// Whether the refusal has this code.
    public boolean is(Code reason) {
        return code.equals(reason.wireName());
    }

    /// Whether the same request may succeed later.
    boolean isForNow() {
        return retry == RetryAdvice.LATER || retry == RetryAdvice.TO_LEARN_OUTCOME;
    }

    private static RetryAdvice retryOf(Retry retry) {
        return switch (retry) {
            case RETRY_AFTER_REBASE -> RetryAdvice.AFTER_REBASE;
            case RETRY_LATER -> RetryAdvice.LATER;
            case RETRY_TO_LEARN_OUTCOME -> RetryAdvice.TO_LEARN_OUTCOME;
            case RETRY_NEVER, RETRY_UNSPECIFIED, UNRECOGNIZED -> RetryAdvice.NEVER;
        };
    }
}
