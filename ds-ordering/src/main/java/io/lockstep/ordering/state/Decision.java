package io.lockstep.ordering.state;

import io.lockstep.log.LogNotice;
import io.lockstep.log.NewEntry;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.OptionalLong;

/// The decision about one submission.
public sealed interface Decision {
    /// The submission is to be appended. When the entry is durable, `answer` is its answer.
    ///
    /// @param next the group's state after it
    record Append(GroupState next, NewEntry entry, SubmissionAnswer.AcceptedAnswer answer)
            implements Decision {}

    /// The same bytes are already in the log: the first outcome is repeated (I4).
    record Repeat(SubmissionAnswer.AcceptedAnswer answer) implements Decision {}

    /// The submission is to be refused, when the state behind the refusal is durable.
    record Refuse(Refusal refusal, Disclosure shows) implements Decision {
        public Code code() {
            return refusal.code();
        }
    }

    /// The submission is to be delivered to connected sessions and not stored.
    record Relay(LogNotice.EphemeralMessage notice, SubmissionAnswer.AcceptedAnswer answer)
            implements Decision {}

    /// The log must first be asked for an earlier entry with these bytes.
    ///
    /// @param position the position of that entry; empty when its existence is the question
    record AskLog(OptionalLong position) implements Decision {}

    /// How much of the group's state a refusal contains.
    enum Disclosure {
        /// Nothing: the author has no authority.
        NOTHING,
        /// The tail of the group.
        TAIL,
        /// The tail and the entries that the author has missed.
        MISSED
    }
}
