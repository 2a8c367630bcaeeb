package io.lockstep.ordering.state;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;

import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.NewGroup;
import io.lockstep.log.Roster;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A group whose state is advanced by decisions. Alice created it, in epoch 0.
final class GroupStateFixture {
    static final GroupStateLimits LIMITS = new GroupStateLimits(4, 1000, 16);
    static final Bytes INCARNATION = Bytes.ofHex("000102030405060708090a0b0c0d0e0f");

    GroupState state;
    final List<LogEntry> log = new ArrayList<>();

    /// The whole roster; the state knows only the members that were looked up.
    private Roster roster = Roster.ofCreator(ALICE.member(), ALICE.owner());

    GroupStateFixture(GroupRules policy) {
        this(policy, LIMITS, 0);
    }

    GroupStateFixture(GroupRules policy, GroupStateLimits limits, long epoch) {
        var made =
                new NewGroup(
                        INCARNATION, epoch, policy, ALICE.member(), ALICE.owner(), Bytes.EMPTY);
        var first = new LogPosition(INCARNATION, 0, GroupHead.first(GROUP, INCARNATION));
        state = GroupState.created(GROUP, made, new GroupTail(first, epoch, 1), limits);
    }

    Optional<Membership> membership(Author author) {
        know(new RosterQuery(Set.of(author.member()), Set.of()));
        return state.roster().find(author.member());
    }

    /// Answers as the log does.
    private void know(RosterQuery questions) {
        if (questions.isEmpty()) {
            return;
        }
        var unknown = new HashMap<MemberId, Optional<Membership>>();
        for (var member : questions.members()) {
            if (!state.roster().knows(member)) {
                unknown.put(member, roster.find(member));
            }
        }
        var owners = new HashMap<UserPseudonym, Boolean>();
        questions.owners().forEach(owner -> owners.put(owner, roster.hasDeviceOf(owner)));
        state = state.withMembers(unknown, owners);
    }

    void know(Submission... submissions) {
        know(RosterQuery.of(state, Arrays.stream(submissions).map(KeyedSubmission::of).toList()));
    }

    Decision decide(Submission submission) {
        know(submission);
        return Decider.decide(state, KeyedSubmission.of(submission), 1000);
    }

    /// Decides and applies a submission that must be accepted. If memory cannot answer, the log
    /// answers that it has no such bytes.
    Decision.Append accept(Submission submission) {
        return accept(submission, new DuplicateCheck.AbsentUpTo(state.logPosition().position()));
    }

    Decision.Append accept(Submission submission, DuplicateCheck told) {
        know(submission);
        var decision =
                Decider.decide(
                        state, KeyedSubmission.of(submission).withDuplicateCheck(told), 1000);
        if (!(decision instanceof Decision.Append append)) {
            throw new AssertionError("not accepted: " + decision);
        }
        state = append.next();
        var entry = append.entry().entry();
        log.add(entry);
        roster = roster.after(entry.rosterChange(), entry.position());
        return append;
    }

    Decision.Refuse refuse(Submission submission) {
        if (!(decide(submission) instanceof Decision.Refuse refuse)) {
            throw new AssertionError("not refused: " + decide(submission));
        }
        return refuse;
    }
}
