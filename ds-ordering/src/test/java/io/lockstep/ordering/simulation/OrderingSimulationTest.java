package io.lockstep.ordering.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.NewEntry;
import io.lockstep.log.PendingWelcome;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.log.Succession;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Several nodes over one log, hundreds of seeds. `-Dlockstep.simulation.seeds=20000` for a long
/// run, `-Dlockstep.simulation.seed=17` for one.
class OrderingSimulationTest {
    private static final long SEEDS = Long.getLong("lockstep.simulation.seeds", 150);
    private static final Long ONE_SEED = Long.getLong("lockstep.simulation.seed");

    private static Map<String, Integer> run(Faults faults) {
        return run(faults, UnaryOperator.identity(), UnaryOperator.identity(), SEEDS);
    }

    private static Map<String, Integer> run(
            Faults faults,
            UnaryOperator<GroupLog> planted,
            UnaryOperator<SubmissionAnswer> translation,
            long seeds) {
        var outcomes = new TreeMap<String, Integer>();
        long first = ONE_SEED == null ? 1 : ONE_SEED;
        long last = ONE_SEED == null ? seeds : ONE_SEED;
        for (long seed = first; seed <= last; seed++) {
            try {
                new OrderingSimulation(seed, faults, planted, translation)
                        .run()
                        .forEach((outcome, n) -> outcomes.merge(outcome, n, Integer::sum));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", " + faults + ": " + e.getMessage(), e);
            }
        }
        return outcomes;
    }

    @Test
    @DisplayName(
            "I1, I2, I3, I4, I9 hold, and each submission has one answer, with a sound network")
    void soundNetwork() {
        assertThat(run(Faults.NONE))
                .containsKeys(
                        "accepted",
                        "repeat",
                        "epoch_conflict",
                        "epoch_too_old",
                        "epoch_from_the_future",
                        "not_a_member",
                        "removed",
                        "join_not_allowed",
                        "group_exists",
                        "commit_not_provisional",
                        "Rejected",
                        "Confirmed",
                        "Voided",
                        "Left",
                        "PolicySet",
                        "policy_change_not_allowed",
                        "Reinitialized",
                        "Frozen",
                        "Thawed",
                        "group_frozen",
                        "group_reinitialized",
                        "reinit_not_allowed")
                .doesNotContainKeys("outcome_unknown", "unavailable", "internal");
    }

    @Test
    @DisplayName(
            "I1, I2, I3, I4, I9 hold, and each submission has one answer, when some calls are lost")
    void someCallsAreLost() {
        assertThat(run(Faults.SOME)).containsKeys("accepted", "repeat", "epoch_conflict");
    }

    @Test
    @DisplayName(
            "I1, I2, I3, I4, I9 hold, and each submission has one answer, when many calls are lost")
    void manyCallsAreLost() {
        assertThat(run(Faults.MANY))
                .containsKeys(
                        "accepted", "repeat", "epoch_conflict", "outcome_unknown", "unavailable");
    }

    @Test
    @DisplayName(
            "I1, I2, I3, I4, I9 hold, and each submission has one answer, when calls throw Errors")
    void callsThrowErrors() {
        assertThat(run(Faults.THROWS))
                .containsKeys("accepted", "repeat", "epoch_conflict", "internal");
    }

    @Test
    @DisplayName("I3: no outcome is unknown where every refused call was not executed")
    void callsAreRefused() {
        assertThat(run(Faults.REFUSES))
                .containsKeys("accepted", "repeat", "epoch_conflict")
                .doesNotContainKeys("outcome_unknown", "internal");
    }

    @Test
    @DisplayName("I1, I2, I3, I4, I9 hold when calls are lost and later ones are refused")
    void callsAreLostAndRefused() {
        assertThat(run(Faults.LOSES_AND_REFUSES))
                .containsKeys("accepted", "repeat", "outcome_unknown", "unavailable");
    }

    // The checker can fail: it finds a log with a planted bug within a few seeds.

    private static void assertFound(String what, Faults faults, UnaryOperator<GroupLog> planted) {
        assertFound(what, faults, planted, UnaryOperator.identity());
    }

    private static void assertFound(
            String what,
            Faults faults,
            UnaryOperator<GroupLog> planted,
            UnaryOperator<SubmissionAnswer> translation) {
        var reported = new ArrayList<String>();
        for (long seed = 1; seed <= 1_000; seed++) {
            try {
                new OrderingSimulation(seed, faults, planted, translation).run();
            } catch (AssertionError | RuntimeException e) {
                reported.add(String.valueOf(e.getMessage()));
                if (reported.getLast().contains(what)) {
                    return;
                }
            }
        }
        fail("not reported: " + what + ", but: " + reported);
    }

    @Test
    void logThatDoesNotCompareIsFoundToBreakI1() {
        assertFound("I1: two commits", Faults.NONE, NotComparing::new);
    }

    private static final class NotComparing extends ForwardingLog {
        NotComparing(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<AppendOutcome> append(
                GroupId group, LogPosition expected, List<NewEntry> batch) {
            return super.append(group, expected, batch)
                    .map(outcome ->
                            outcome instanceof AppendOutcome.TailMismatch
                                    ? new AppendOutcome.Succeeded(after(expected, batch))
                                    : outcome);
        }

        private static GroupTail after(LogPosition expected, List<NewEntry> batch) {
            var last = batch.getLast().entry();
            return new GroupTail(
                    new LogPosition(expected.incarnation(), last.position(), last.head()),
                    last.epoch(),
                    1);
        }
    }

    // PROTOCOL R-ACCEPTED-1
    @Test
    void logThatAcknowledgesWhatItDoesNotKeepIsFoundToBreakI3() {
        assertFound("I3", Faults.NONE, Forgetful::new);
    }

    /// Acknowledges one append without executing it.
    private static final class Forgetful extends ForwardingLog {
        private int appends;

        Forgetful(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<AppendOutcome> append(
                GroupId group, LogPosition expected, List<NewEntry> batch) {
            return Mono.defer(() ->
                    ++appends == 20
                            ? Mono.just(
                                    new AppendOutcome.Succeeded(
                                            NotComparing.after(expected, batch)))
                            : super.append(group, expected, batch));
        }
    }

    @Test
    void logThatFindsNoResendKeyIsFoundToBreakI4() {
        assertFound("I4", Faults.NONE, KeyLosing::new);
    }

    private static final class KeyLosing extends ForwardingLog {
        KeyLosing(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<OptionalLong> find(GroupId group, long epoch, Bytes sha256) {
            return Mono.just(OptionalLong.empty());
        }
    }

    @Test
    void unknownOutcomeThatIsReportedAsRefusedIsFound() {
        assertFound(
                "refused for good",
                Faults.MANY,
                UnaryOperator.identity(),
                answer ->
                        answer instanceof SubmissionAnswer.RefusedAnswer r
                                        && r.code() == Code.OUTCOME_UNKNOWN
                                ? SubmissionAnswer.RefusedAnswer.of(Code.UNAVAILABLE, "guessed")
                                : answer);
    }

    @Test
    void logThatDeniesAnExecutedAppendIsFound() {
        assertFound("a sound log led to GROUP_FROZEN", Faults.NONE, Denying::new);
    }

    /// Executes one append and returns that the group does not exist.
    private static final class Denying extends ForwardingLog {
        private int appends;

        Denying(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<AppendOutcome> append(
                GroupId group, LogPosition expected, List<NewEntry> batch) {
            return super.append(group, expected, batch)
                    .map(done -> ++appends == 20 ? new AppendOutcome.GroupMissing() : done);
        }
    }

    @Test
    void logThatForgetsConfirmationsIsFoundToBreakI1() {
        assertFound("void after confirmation", Faults.NONE, Unconfirming::new);
    }

    /// Returns commits as provisional that were confirmed.
    private static final class Unconfirming extends ForwardingLog {
        private final Map<GroupId, ProvisionalCommits> provisional = new HashMap<>();

        Unconfirming(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<AppendOutcome> append(
                GroupId group, LogPosition expected, List<NewEntry> batch) {
            return super.append(group, expected, batch)
                    .doOnNext(outcome -> {
                        if (outcome instanceof AppendOutcome.Succeeded) {
                            batch.stream()
                                    .flatMap(added -> added.provisional().stream())
                                    .filter(change -> !change.after().isEmpty())
                                    .forEach(change -> provisional.put(group, change.after()));
                        }
                    });
        }

        @Override
        public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
            return super.load(group, recentMax)
                    .map(found ->
                            changed(
                                    found,
                                    provisional.getOrDefault(group, found.provisional()),
                                    found.succession()));
        }
    }

    @Test
    void logThatForgetsFreezesIsFound() {
        assertFound("an entry of a client in a frozen group", Faults.NONE, Thawing::new);
    }

    /// Returns frozen groups as not frozen.
    private static final class Thawing extends ForwardingLog {
        Thawing(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
            return super.load(group, recentMax)
                    .map(found ->
                            changed(
                                    found,
                                    found.policy(),
                                    found.provisional(),
                                    found.succession(),
                                    0));
        }
    }

    @Test
    void logThatForgetsPolicyChangesIsFoundToBreakI9() {
        assertFound("I9: a policy that nobody was allowed to set", Faults.NONE, Unlearning::new);
    }

    /// Returns the policy of the creation.
    private static final class Unlearning extends ForwardingLog {
        private final Map<GroupId, GroupRules> first = new HashMap<>();

        Unlearning(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
            return super.load(group, recentMax)
                    .map(found ->
                            changed(
                                    found,
                                    first.computeIfAbsent(group, _ -> found.policy()),
                                    found.provisional(),
                                    found.succession(),
                                    found.frozenAt()));
        }
    }

    private static GroupSnapshot changed(
            GroupSnapshot found, ProvisionalCommits provisional, Succession succession) {
        return changed(found, found.policy(), provisional, succession, found.frozenAt());
    }

    private static GroupSnapshot changed(
            GroupSnapshot found,
            GroupRules policy,
            ProvisionalCommits provisional,
            Succession succession,
            long frozenAt) {
        return new GroupSnapshot(
                found.tail(),
                policy,
                found.recent(),
                found.proposals(),
                provisional,
                succession,
                frozenAt,
                found.departures());
    }

    @Test
    void logThatDoesNotUndoTheRosterIsFoundToBreakI9() {
        assertFound("the log's roster", Faults.NONE, NotUndoing::new);
    }

    /// Appends a void without its roster change.
    private static final class NotUndoing extends ForwardingLog {
        NotUndoing(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<AppendOutcome> append(
                GroupId group, LogPosition expected, List<NewEntry> batch) {
            return super.append(group, expected, batch.stream().map(NotUndoing::kept).toList());
        }

        private static NewEntry kept(NewEntry added) {
            var entry = added.entry();
            return added.voided().isEmpty()
                    ? added
                    : new NewEntry(
                            new LogEntry(
                                    entry.position(),
                                    entry.kind(),
                                    entry.epoch(),
                                    entry.acceptedAtMillis(),
                                    entry.content(),
                                    entry.sha256(),
                                    entry.head(),
                                    RosterDelta.NONE,
                                    List.of(),
                                    entry.author(),
                                    entry.confirms()),
                            added.welcome(),
                            added.groupInfo(),
                            added.ratchetTree(),
                            added.provisional(),
                            added.departures(),
                            added.welcomeSender());
        }
    }

    @Test
    void logThatDoesNotUndoTheWelcomeIsFoundToBreakI5() {
        assertFound("I5: other Welcomes", Faults.NONE, WelcomeKeeping::new);
    }

    /// Keeps the Welcomes of voided commits.
    private static final class WelcomeKeeping extends ForwardingLog {
        private final Map<GroupId, Map<Long, PendingWelcome>> kept = new HashMap<>();

        WelcomeKeeping(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<AppendOutcome> append(
                GroupId group, LogPosition expected, List<NewEntry> batch) {
            return super.append(group, expected, batch)
                    .flatMap(outcome ->
                            super.pendingWelcomes(group)
                                    .doOnNext(pending -> pending.forEach(w -> keep(group, w)))
                                    .thenReturn(outcome));
        }

        private void keep(GroupId group, PendingWelcome welcome) {
            of(group).put(welcome.logPosition().position(), welcome);
        }

        private Map<Long, PendingWelcome> of(GroupId group) {
            return kept.computeIfAbsent(group, _ -> new TreeMap<>());
        }

        @Override
        public Mono<List<PendingWelcome>> pendingWelcomes(GroupId group) {
            return Mono.just(of(group).values().stream().limit(GroupLog.WELCOMES_MAX).toList());
        }

        @Override
        public Mono<Void> welcomesReleased(GroupId group, List<Long> positions) {
            of(group).keySet().removeAll(positions);
            return super.welcomesReleased(group, positions);
        }
    }

    @Test
    void logThatDoesNotUndoTheGroupInfoIsFound() {
        assertFound("the GroupInfo is not", Faults.NONE, GroupInfoKeeping::new);
    }

    /// Keeps the newest GroupInfo, whatever is voided.
    private static final class GroupInfoKeeping extends ForwardingLog {
        private final Map<GroupId, StoredGroupInfo> newest = new HashMap<>();

        GroupInfoKeeping(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<AppendOutcome> append(
                GroupId group, LogPosition expected, List<NewEntry> batch) {
            return super.append(group, expected, batch)
                    .doOnNext(outcome -> {
                        if (outcome instanceof AppendOutcome.Succeeded) {
                            NewEntry.storedGroupInfo(batch)
                                    .ifPresent(info -> newest.put(group, info));
                        }
                    });
        }

        @Override
        public Mono<Optional<StoredGroupInfo>> groupInfo(GroupId group) {
            return super.groupInfo(group)
                    .map(stored -> Optional.ofNullable(newest.get(group)).or(() -> stored));
        }
    }

    @Test
    void logThatForgetsTheSuccessorIsFoundToBreakI1() {
        assertFound("I1: two successors", Faults.NONE, Unending::new);
    }

    /// Returns groups that have ended as if they went on.
    private static final class Unending extends ForwardingLog {
        Unending(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
            return super.load(group, recentMax)
                    .map(found ->
                            changed(
                                    found,
                                    found.provisional(),
                                    found.succession()
                                            .creatorOwner()
                                            .map(Succession::createdBy)
                                            .orElseGet(found::succession)));
        }
    }

    @Test
    void logThatKeepsRemovedMembersOnTheRosterIsFoundToBreakI9() {
        assertFound("I9", Faults.NONE, Lenient::new);
    }

    private static final class Lenient extends ForwardingLog {
        Lenient(GroupLog log) {
            super(log);
        }

        @Override
        public Mono<Map<MemberId, Optional<Membership>>> memberships(
                GroupId group, Set<MemberId> members) {
            return super.memberships(group, members)
                    .map(found -> {
                        var back = new HashMap<>(found);
                        back.replaceAll((_, m) ->
                                m.map(f ->
                                        new Membership(
                                                f.owner(), f.firstVisible(), Membership.OPEN)));
                        return back;
                    });
        }
    }
}
