package io.lockstep.ordering.actor;

import io.lockstep.log.LogPosition;
import io.lockstep.log.NewGroup;
import io.lockstep.log.OwnerId;
import io.lockstep.ordering.Answer;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.state.Earlier;
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

/// A submission on its way through an actor, and the answer it waits for.
///
/// Confined to the group's actor once it is in the mailbox.
final class Mail {
    private static final Logger LOG = LoggerFactory.getLogger(Mail.class);

    // Emitted to once, by the actor only: no need for the serialising kind.
    private final Sinks.One<Answer> answer = Sinks.unsafe().one();
    private final long deadlineNanos;
    private KeyedSubmission keyed;
    private boolean answered;
    // Places that an append of unknown outcome would have given it.
    private List<LogPosition> attempts = List.of();
    private boolean sameBytesAttempted;
    private @Nullable NewGroup newGroup;

    /// Hashes the message: on the caller's thread, not on the group's.
    ///
    /// @param deadlineNanos when it is answered at the latest
    Mail(Submission submission, long deadlineNanos) {
        this.deadlineNanos = deadlineNanos;
        this.keyed = KeyedSubmission.of(submission);
    }

    Submission submission() {
        return keyed.submission();
    }

    KeyedSubmission keyed() {
        return keyed;
    }

    OwnerId owner() {
        return submission().author().owner();
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    boolean isOverdue(long nowNanos) {
        return nowNanos - deadlineNanos >= 0;
    }

    int bytes() {
        return submission().bytes() + OrderingLimits.MAIL_BYTES;
    }

    boolean isCreate() {
        return submission() instanceof Submission.Create;
    }

    void told(Earlier earlier) {
        keyed = keyed.told(earlier);
    }

    /// The log would not take it.
    void hindered(Code code) {
        keyed = keyed.withObstacle(code);
    }

    /// The group a Create makes: the same at every retry, so that its own work is recognised.
    NewGroup newGroup(Submission.Create create, Supplier<Bytes> incarnations) {
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

    /// An append or create that would have put it there may or may not have happened.
    void attempted(LogPosition place) {
        if (attempts.isEmpty()) {
            attempts = new ArrayList<>();
            keyed = keyed.asAttempted();
        }
        attempts.add(place);
    }

    /// Such an append of the same bytes, submitted by another mail, may or may not have happened.
    void sameBytesAttempted() {
        sameBytesAttempted = true;
    }

    /// Whether its bytes may be in the log, though nobody saw them there.
    boolean mayBeInLog() {
        return sameBytesAttempted || !attempts.isEmpty();
    }

    boolean wasAttemptedAt(LogPosition place) {
        return attempts.contains(place);
    }

    /// @return whether this was the one answer; a second is a bug and is not given
    boolean answer(Answer given) {
        if (answered) {
            return false;
        }
        answered = true;
        try {
            answer.tryEmitValue(given);
        } catch (Throwable e) {
            // Whoever waits for it runs here; its faults are not the group's.
            LOG.error("an answer's receiver failed", e);
        }
        return true;
    }

    boolean isAnswered() {
        return answered;
    }

    Mono<Answer> answer() {
        return answer.asMono();
    }
}
