package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.List;

/// What became of reading a client's submission.
sealed interface Reading {
    /// It can go to ordering.
    record Whole(Submission submission) implements Reading {}

    /// A create whose GroupInfo must be checked first.
    record Unchecked(Submission.Create create) implements Reading {}

    /// A commit whose roster change must be made first: its joiners looked up, or many names resolved; or
    /// whose GroupInfo must be checked.
    ///
    /// @param commit complete but for the roster change
    /// @param joiners the KeyPackageRefs that the Welcome names
    record Unresolved(Submission.Commit commit, List<Bytes> joiners, DeclaredChange declared)
            implements Reading {
        public Unresolved {
            joiners = List.copyOf(joiners);
        }
    }

    /// Whom the committer names.
    record DeclaredChange(List<ClientId> add, List<ClientId> remove) {
        public DeclaredChange {
            add = List.copyOf(add);
            remove = List.copyOf(remove);
        }

        int size() {
            return add.size() + remove.size();
        }
    }

    /// It goes nowhere, and whose fault it is the code tells.
    record Refused(Code code, String detail) implements Reading {}

    /// Refused after its group was read.
    record RefusedInGroup(GroupId group, Code code, String detail) implements Reading {}
}
