package io.lockstep.ordering.state;

import io.lockstep.log.LogNotice;
import io.lockstep.log.NewEntry;
import io.lockstep.ordering.Answer;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.OptionalLong;

/// What shall become of one submission.
public sealed interface Decision {
    /// It is to be appended; once durable, `answer` is its answer.
    ///
    /// @param next the group's state after it
    record Append(GroupState next, NewEntry entry, Answer.Accepted answer) implements Decision {}

    /// The same bytes are in the log already: the first outcome (I4).
    record Repeat(Answer.Accepted answer) implements Decision {}

    /// It is to be refused, once what the refusal rests on is durable.
    record Refuse(Refusal refusal, Shows shows) implements Decision {
        public Code code() {
            return refusal.code();
        }
    }

    /// It is to be shown to those connected, and stored nowhere.
    record Relay(LogNotice.Ephemeral notice, Answer.Accepted answer) implements Decision {}

    /// The log must be asked first whether, or what, an earlier entry with these bytes is.
    ///
    /// @param position where that entry lies; empty when that is the question
    record AskLog(OptionalLong position) implements Decision {}

    /// How much of the group a refused author is shown.
    enum Shows {
        /// An author without authority.
        NOTHING,
        /// Where the group stands.
        TAIL,
        /// Also what the author has missed.
        MISSED
    }
}
