package io.lockstep.ordering.actor;

import io.lockstep.log.LogPosition;
import io.lockstep.log.NewGroup;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.state.DuplicateCheck;
import io.lockstep.ordering.state.KeyedSubmission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A submission in an actor's mailbox or batch, together with its pending answer.
///
/// Confined to the group's actor after it was added to the mailbox.
final class PendingSubmission {
    private static final Logger LOG = LoggerFactory.getLogger(PendingSubmission.class);

    // Only the actor emits to it, and only once, so it needs no serialised sink.
    private final Sinks.One<SubmissionAnswer> answer = Sinks.unsafe().one();
    private final long deadlineNanos;
    private KeyedSubmission keyed;
    private boolean answered;
    // The positions that appends of unknown outcome would have given it.
    private List<LogPosition> attempts = List.of();
    private boolean sameBytesAttempted;
    private @Nullable NewGroup newGroup;

    /// Hashes the message on the caller's thread, not on the group's.
    ///
    /// @param deadlineNanos the latest time of the answer
    PendingSubmission(Submission submission, long deadlineNanos) {
        this.deadlineNanos = deadlineNanos;
        this.keyed = KeyedSubmission.of(submission);
    }

    Submission submission() {
        return keyed.submission();
    }

    KeyedSubmission keyed() {
        return keyed;
    }

    UserPseudonym owner() {
        return submission().author().owner();
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    boolean isOverdue(long nowNanos) {
        return nowNanos - deadlineNanos >= 0;
    }

    int bytes() {
        return submission().bytes() + OrderingLimits.SUBMISSION_OVERHEAD_BYTES;
    }

    boolean isCreate() {
        return submission() instanceof Submission.CreateSubmission;
    }

    void recordDuplicateCheck(DuplicateCheck found) {
        keyed = keyed.withDuplicateCheck(found);
    }

    /// The log refused the entry with this code.
    void refusedByLog(Code code) {
        keyed = keyed.withLogRefusal(code);
    }

    /// The group that a Create makes. It is the same at every retry, so that a completed create is
    /// recognised.
    NewGroup newGroup(Submission.CreateSubmission create, Supplier<Bytes> incarnations) {
        var made = newGroup;
        if (made == null) {
            made =
                    new NewGroup(
                            incarnations.get(),
                            create.epoch(),
                            create.policy(),
                            create.author().member(),
                            create.author().owner(),
                            create.groupInfo(),
                            create.ratchetTree());
            newGroup = made;
        }
        return made;
    }

    /// An append or create at this position has an unknown outcome.
    void recordAttempt(LogPosition logPosition) {
        if (attempts.isEmpty()) {
            attempts = new ArrayList<>();
            keyed = keyed.asAttempted();
        }
        attempts.add(logPosition);
    }

    /// An append of the same bytes for another submission has an unknown outcome.
    void sameBytesAttempted() {
        sameBytesAttempted = true;
    }

    /// Whether its bytes may be in the log, although no read has returned them.
    boolean mayBeInLog() {
        return sameBytesAttempted || !attempts.isEmpty();
    }

    boolean wasAttemptedAt(LogPosition logPosition) {
        return attempts.contains(logPosition);
    }

    /// @return whether this was the first answer; a second one is a bug and is dropped
    boolean answer(SubmissionAnswer given) {
        if (answered) {
            return false;
        }
        answered = true;
        try {
            answer.tryEmitValue(given);
        } catch (Throwable e) {
            // The receiver's code runs here. Its exceptions do not affect the group.
            LOG.error("an answer's receiver failed", e);
        }
        return true;
    }

    boolean isAnswered() {
        return answered;
    }

    Mono<SubmissionAnswer> answer() {
        return answer.asMono();
    }
}
