package io.lockstep.ordering;

import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.List;
import java.util.Optional;

/// The one answer to one submission.
public sealed interface Answer {
    /// It is in the log and durable.
    ///
    /// @param place where; position 0 for a created group and for an ephemeral message
    /// @param epoch the group's epoch after it
    /// @param repeat whether the same bytes were accepted before, and this is that outcome (I4)
    record Accepted(LogPosition place, long epoch, boolean repeat) implements Answer {}

    /// It is not in the log, and (but for the codes that say so) never will be.
    ///
    /// @param tail where the group stands; empty where the author may not know it
    /// @param missed for EPOCH_CONFLICT: what comes after the author's known position, durable, in order
    /// @param missedAll whether `missed` reaches the tail
    record Refused(
            Refusal refusal, Optional<GroupTail> tail, List<LogEntry> missed, boolean missedAll)
            implements Answer {
        public Refused {
            missed = List.copyOf(missed);
        }

        public static Refused of(Refusal refusal) {
            return new Refused(refusal, Optional.empty(), List.of(), true);
        }

        public static Refused of(Code code, String detail) {
            return of(new Refusal(code, detail));
        }

        public Code code() {
            return refusal.code();
        }
    }
}
