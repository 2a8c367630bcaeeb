package io.lockstep.ordering;

import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;

/// The one answer to one submission.
public sealed interface SubmissionAnswer {
    /// The submission is in the log and durable.
    ///
    /// @param logPosition its position; 0 for a created group and for an ephemeral message
    /// @param epoch the group's epoch after it
    /// @param repeat whether the same bytes were accepted before, and this is that first outcome
    ///     (I4)
    record AcceptedAnswer(LogPosition logPosition, long epoch, boolean repeat)
            implements SubmissionAnswer {}

    /// The submission is not in the log and never will be, except for codes that are documented
    /// otherwise.
    ///
    /// @param tail the tail of the group; empty where the author may not know it
    /// @param missed for EPOCH_CONFLICT: the durable entries after the author's known position, in
    ///     order
    /// @param missedAll whether `missed` reaches the tail
    /// @param successor for GROUP_REINITIALIZED: the group's successor
    record RefusedAnswer(
            Refusal refusal,
            Optional<GroupTail> tail,
            List<LogEntry> missed,
            boolean missedAll,
            Optional<GroupId> successor)
            implements SubmissionAnswer {
        public RefusedAnswer {
            missed = List.copyOf(missed);
        }

        public static RefusedAnswer of(Refusal refusal) {
            return new RefusedAnswer(refusal, Optional.empty(), List.of(), true, Optional.empty());
        }

        public static RefusedAnswer of(Code code, String detail) {
            return of(new Refusal(code, detail));
        }

        public Code code() {
            return refusal.code();
        }
    }
}
