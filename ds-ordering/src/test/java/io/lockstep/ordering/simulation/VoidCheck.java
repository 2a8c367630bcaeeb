package io.lockstep.ordering.simulation;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.GroupRules;
import io.lockstep.log.LogEntry;
import io.lockstep.log.MemberId;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.Submission.CommitVerdict;
import io.lockstep.ordering.Submission.OperatorAction;
import io.lockstep.ordering.Submission.Verdict;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// Checks the control entries of one group's log against what its members sent (invariant I1): a
/// commit is voided only before anybody else confirmed it, by enough members that rejected it, and
/// everything that it changed is as before.
final class VoidCheck {
    private final ReferenceLog.Group group;
    private final List<SentSubmission> sent;
    private final List<OpenCommit> open = new ArrayList<>();
    private long voidedEpochMax = -1;

    private GroupRules policy;

    /// Whether a successor is in the log.
    private boolean ended;

    /// Whether the operator's freeze stands.
    private boolean frozen;

    /// A commit that nobody has confirmed.
    private record OpenCommit(LogEntry entry, MemberId author, Set<MemberId> rejectedBy) {}

    VoidCheck(ReferenceLog.Group group, List<SentSubmission> sent) {
        this.group = group;
        this.policy = group.made.policy();
        this.sent = sent.stream().filter(s -> s.submission.group().equals(group.id)).toList();
    }

    void check() {
        for (var entry : group.entries) {
            Violation.unless(!ended || entry.successor().isEmpty(), "I1: two successors");
            Violation.unless(!ended, "I1: an entry after the group has ended");
            Violation.unless(!frozen || isCommand(entry), "an entry of a client in a frozen group");
            switch (entry.kind()) {
                case APPLICATION, PROPOSAL -> confirmedByMessage(entry);
                case COMMIT -> {
                    confirmedByMessage(entry);
                    boolean voids = policy.voidsCommits();
                    Violation.unless(
                            entry.isProvisional() == voids, "I1: provisional against the policy");
                    if (voids) {
                        open.add(new OpenCommit(entry, author(entry), new HashSet<>()));
                    }
                }
                case CONTROL -> control(entry);
            }
        }
    }

    private MemberId author(LogEntry entry) {
        return member(submission(entry));
    }

    private Submission submission(LogEntry entry) {
        return sent.stream()
                .filter(SentSubmission::isStored)
                .filter(s -> s.message().equals(entry.message()))
                .findFirst()
                .orElseThrow(() -> new Violation("I3: an entry that nobody sent"))
                .submission;
    }

    private static boolean joinsByItself(Submission submission) {
        return switch (submission) {
            case Submission.CommitSubmission commit -> commit.external();
            case Submission.MessageSubmission message -> message.byNewMember();
            case Submission.CreateSubmission _,
                    Submission.ReinitSubmission _,
                    Submission.OperatorCommand _,
                    Submission.LeaveSubmission _,
                    Submission.PolicySubmission _,
                    CommitVerdict _ ->
                    false;
        };
    }

    /// The open commits that a member may confirm, oldest first: not those up to its own newest one,
    /// and none from the first one on that it has rejected, or that added it within the last hour to
    /// a group of others.
    private List<OpenCommit> confirmable(MemberId member, LogEntry at) {
        var from = new ArrayList<OpenCommit>();
        boolean rejected = false;
        for (var commit : open) {
            rejected |= commit.rejectedBy.contains(member) || isJoiner(commit, member, at);
            if (commit.author.equals(member)) {
                from.clear();
            } else if (!rejected) {
                from.add(commit);
            }
        }
        return from;
    }

    private boolean isJoiner(OpenCommit commit, MemberId member, LogEntry at) {
        var before = group.roster((int) commit.entry.position() - 1);
        return !before.isMember(member)
                && group.roster((int) commit.entry.position()).isMember(member)
                && !before.current().equals(Set.of(commit.author))
                && at.acceptedAtMillis() - commit.entry.acceptedAtMillis()
                        < ProvisionalCommits.AGE.toMillis();
    }

    /// A member that sends in a later epoch has followed the commits of others before it, unless the
    /// epoch may be a void one.
    private void confirmedByMessage(LogEntry entry) {
        var author = author(entry);
        boolean follows =
                group.roster((int) entry.position() - 1).isMember(author)
                        && !joinsByItself(submission(entry))
                        && entry.epoch() > voidedEpochMax;
        long confirmed =
                confirmable(author, entry).stream()
                        .filter(commit -> follows && commit.entry.epoch() < entry.epoch())
                        .mapToLong(commit -> commit.entry.position())
                        .max()
                        .orElse(0);
        confirm(entry, confirmed);
    }

    private void confirm(LogEntry entry, long confirmed) {
        Violation.unless(
                entry.confirms() == confirmed,
                "I1: confirms " + entry.confirms() + " where " + confirmed + " is due");
        open.removeIf(commit -> commit.entry.position() <= confirmed);
    }

    private void control(LogEntry entry) {
        switch (ControlEvent.decode(entry.message())) {
            case ControlEvent.Confirmed(var position) -> {
                Violation.unless(
                        entry.confirms() == position
                                && isOpen(position)
                                && verdicts(Verdict.Acknowledge.class, entry)
                                        .anyMatch(v ->
                                                v.position() >= position
                                                        && confirmable(member(v), entry)
                                                                .contains(at(position))),
                        "I1: a confirmation that nobody sent");
                open.removeIf(commit -> commit.entry.position() <= position);
            }
            case ControlEvent.Rejected(var position, _) -> {
                var member = entry.author().orElseThrow();
                Violation.unless(
                        isOpen(position) && !at(position).rejectedBy.contains(member),
                        "I1: a member rejects twice");
                Violation.unless(
                        rejected(entry, position) < policy.voidAfter(),
                        "I1: no void after enough rejections");
            }
            case ControlEvent.Voided(var position, var epoch, var evidence) -> {
                if (evidence.isPresent()) {
                    commanded(OperatorAction.VoidCommits.class, evidence.get());
                    Violation.unless(isOpen(position), "I1: void after confirmation");
                } else {
                    int votes = rejected(entry, position);
                    Violation.unless(
                            votes >= policy.voidAfter(), "I1: void after " + votes + " rejections");
                }
                Violation.unless(
                        epoch == group.epoch((int) position - 1), "I1: another epoch restored");
                Violation.unless(
                        group.roster((int) entry.position())
                                .current()
                                .equals(withoutLeavers(position, entry.position())),
                        "I9: the roster is not undone at " + entry.position());
                open.removeIf(commit -> commit.entry.position() >= position);
                voidedEpochMax = Math.max(voidedEpochMax, entry.epoch());
            }
            case ControlEvent.Reinitialized(var successor, var evidence) -> {
                if (evidence.isPresent()) {
                    commanded(OperatorAction.Reset.class, evidence.get());
                    ended = true;
                } else {
                    ended(entry, successor);
                }
            }
            case ControlEvent.Frozen(var evidence) -> {
                commanded(OperatorAction.Freeze.class, evidence);
                Violation.unless(!frozen, "frozen twice");
                frozen = true;
            }
            case ControlEvent.Thawed(var evidence) -> {
                commanded(OperatorAction.Thaw.class, evidence);
                Violation.unless(frozen, "thawed, but not frozen");
                frozen = false;
            }
            case ControlEvent.Left _ -> left(entry);
            case ControlEvent.PolicySet(var rules, _) -> policySet(entry, rules);
            case ControlEvent.Unknown _ -> throw new Violation("a control entry without event");
        }
    }

    private void commanded(Class<? extends OperatorAction> action, Evidence evidence) {
        Violation.unless(
                sent.stream()
                        .map(s -> s.submission)
                        .filter(Submission.OperatorCommand.class::isInstance)
                        .map(Submission.OperatorCommand.class::cast)
                        .anyMatch(c ->
                                action.isInstance(c.action()) && c.evidence().equals(evidence)),
                "I3: a command that the operator did not send");
    }

    private static boolean isCommand(LogEntry entry) {
        return entry.kind() == EntryKind.CONTROL
                && switch (ControlEvent.decode(entry.message())) {
                    case ControlEvent.Voided voided -> voided.evidence().isPresent();
                    case ControlEvent.Reinitialized end -> end.evidence().isPresent();
                    case ControlEvent.Frozen _, ControlEvent.Thawed _ -> true;
                    case ControlEvent.Rejected _,
                            ControlEvent.Confirmed _,
                            ControlEvent.Left _,
                            ControlEvent.PolicySet _,
                            ControlEvent.Unknown _ ->
                            false;
                };
    }

    /// The members before a commit, without those that left until a void of it.
    private Set<MemberId> withoutLeavers(long commit, long end) {
        var members = new HashSet<>(group.roster((int) commit - 1).current());
        for (var entry : group.entries.subList((int) commit, (int) end)) {
            if (entry.left().isPresent()) {
                members.removeAll(entry.rosterChange().removed());
            }
        }
        return members;
    }

    private void left(LogEntry entry) {
        var before = group.roster((int) entry.position() - 1);
        Violation.unless(
                sent.stream()
                        .map(s -> s.submission)
                        .filter(Submission.LeaveSubmission.class::isInstance)
                        .map(VoidCheck::member)
                        .filter(before::isMember)
                        .anyMatch(m -> entry.rosterChange().removed().equals(Set.of(m))),
                "I9: a member left that did not ask for it");
    }

    private void ended(LogEntry entry, GroupId successor) {
        ended = true;
        var roster = group.roster((int) entry.position() - 1);
        Violation.unless(
                sent.stream()
                        .map(s -> s.submission)
                        .filter(Submission.ReinitSubmission.class::isInstance)
                        .map(Submission.ReinitSubmission.class::cast)
                        .filter(r -> r.successor().equals(successor))
                        .filter(r -> roster.isMember(member(r)))
                        .anyMatch(r ->
                                policy.reinit()
                                        .isOf(
                                                r.author()
                                                        .owner()
                                                        .equals(group.made.creatorOwner()))),
                "I9: a successor that nobody was allowed to name");
    }

    private void policySet(LogEntry entry, GroupRules rules) {
        var before = policy;
        var roster = group.roster((int) entry.position() - 1);
        Violation.unless(
                sent.stream()
                        .map(s -> s.submission)
                        .filter(Submission.PolicySubmission.class::isInstance)
                        .map(Submission.PolicySubmission.class::cast)
                        .filter(p -> roster.isMember(member(p)))
                        .filter(p ->
                                before.change()
                                        .isOf(p.author().owner().equals(group.made.creatorOwner())))
                        .anyMatch(p -> p.change().applyTo(before).equals(rules)),
                "I9: a policy that nobody was allowed to set");
        Violation.unless(
                rules.voidsCommits() == before.voidsCommits(), "voids were turned on or off");
        Violation.unless(
                open.isEmpty() || rules.voidAfter() <= before.voidAfter(),
                "I1: more rejections are asked for while a commit is open");
        policy = rules;
    }

    /// @return the number of members that have rejected it
    private int rejected(LogEntry entry, long position) {
        Violation.unless(isOpen(position), "I1: rejected or void after confirmation");
        var member = entry.author().orElseThrow(() -> new Violation("a rejection by nobody"));
        Violation.unless(
                verdicts(Verdict.Reject.class, entry)
                        .anyMatch(v -> v.position() == position && member(v).equals(member)),
                "I3: a rejection that nobody sent");
        var commit = at(position);
        long before =
                confirmable(member, entry).stream()
                        .mapToLong(c -> c.entry.position())
                        .filter(p -> p < position)
                        .max()
                        .orElse(0);
        Violation.unless(!commit.author.equals(member), "I1: a member rejects its own commit");
        commit.rejectedBy.add(member);
        confirm(entry, before);
        return commit.rejectedBy.size();
    }

    private Stream<CommitVerdict> verdicts(Class<? extends Verdict> type, LogEntry entry) {
        var roster = group.roster((int) entry.position() - 1);
        return sent.stream()
                .map(s -> s.submission)
                .filter(CommitVerdict.class::isInstance)
                .map(CommitVerdict.class::cast)
                .filter(v -> type.isInstance(v.verdict()))
                .filter(v -> roster.isMember(member(v)));
    }

    private static MemberId member(Submission submission) {
        return submission.author().member();
    }

    private boolean isOpen(long position) {
        return open.stream().anyMatch(commit -> commit.entry.position() == position);
    }

    private OpenCommit at(long position) {
        return open.stream()
                .filter(commit -> commit.entry.position() == position)
                .findFirst()
                .orElseThrow(() -> new Violation("I1: no open commit at " + position));
    }
}
