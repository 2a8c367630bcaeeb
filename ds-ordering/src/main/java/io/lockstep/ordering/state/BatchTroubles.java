package io.lockstep.ordering.state;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.LogEntry;
import io.lockstep.log.Trouble;
import io.lockstep.log.TroubleKind;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.frame.EntryKind;
import java.util.ArrayList;
import java.util.List;

/// The troubles that the entries of a batch show, for the register of troubled groups.
public final class BatchTroubles {
    private BatchTroubles() {}

    /// @param before the state that the batch was decided on
    /// @param submissions of the batch, in order
    /// @return none for a batch of a healthy group
    public static List<Trouble> of(
            GroupState before, List<KeyedSubmission> submissions, BatchDecision batch) {
        var troubles = new ArrayList<Trouble>(0);
        for (int i = 0; i < batch.decisions().size(); i++) {
            if (batch.decisions().get(i) instanceof Decision.Append append) {
                var entry = append.entry().entry();
                long epoch = append.next().epoch();
                switch (entry.kind()) {
                    case APPLICATION, PROPOSAL -> {}
                    case COMMIT ->
                            addCommit(troubles, before, submissions.get(i).submission(), entry);
                    case CONTROL -> entry.control().ifPresent(event -> add(troubles, event, epoch));
                }
            }
        }
        return troubles;
    }

    private static void addCommit(
            List<Trouble> troubles, GroupState before, Submission submission, LogEntry entry) {
        assert entry.kind() == EntryKind.COMMIT;
        long epoch = entry.epoch() + 1;
        if (entry.withoutGroupInfo()) {
            troubles.add(new Trouble(TroubleKind.STALE_GROUP_INFO, epoch));
        }
        if (submission instanceof Submission.CommitSubmission commit
                && commit.external()
                && before.roster().knows(commit.author().member())
                && Authority.of(before, commit) instanceof Authority.Member) {
            troubles.add(new Trouble(TroubleKind.REJOIN, epoch));
        }
    }

    private static void add(List<Trouble> troubles, ControlEvent event, long epoch) {
        switch (event) {
            case ControlEvent.Rejected _ -> troubles.add(new Trouble(TroubleKind.REJECTION, epoch));
            case ControlEvent.Voided voided -> {
                if (voided.evidence().isEmpty()) {
                    troubles.add(new Trouble(TroubleKind.REJECTION, epoch));
                }
                troubles.add(new Trouble(TroubleKind.VOID, epoch));
            }
            case ControlEvent.Frozen _ -> troubles.add(new Trouble(TroubleKind.FREEZE, epoch));
            case ControlEvent.Confirmed _,
                    ControlEvent.Reinitialized _,
                    ControlEvent.Thawed _,
                    ControlEvent.Left _,
                    ControlEvent.PolicySet _,
                    ControlEvent.Unknown _ -> {}
        }
    }
}
