package io.lockstep.gateway.session;

import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.List;

/// What became of reading a client's submission.
sealed interface Reading {
    /// It can go to ordering.
    record Whole(Submission submission) implements Reading {}

    /// A commit with a Welcome: who its joiners are must be looked up first.
    ///
    /// @param commit complete but for the joiners
    /// @param joiners the KeyPackageRefs that the Welcome names
    record WithJoiners(Submission.Commit commit, List<Bytes> joiners) implements Reading {
        public WithJoiners {
            joiners = List.copyOf(joiners);
        }
    }

    /// It goes nowhere, and whose fault it is the code tells.
    record Refused(Code code, String detail) implements Reading {}

    /// Refused after its group was read.
    record RefusedInGroup(GroupId group, Code code, String detail) implements Reading {}
}
