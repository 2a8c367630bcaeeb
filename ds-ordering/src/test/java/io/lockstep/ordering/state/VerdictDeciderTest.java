package io.lockstep.ordering.state;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.BOBS_LAPTOP;
import static io.lockstep.ordering.actor.TestAuthors.CAROL;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.adding;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.external;
import static io.lockstep.ordering.actor.TestAuthors.proposal;
import static io.lockstep.ordering.actor.TestAuthors.removing;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.GroupRules;
import io.lockstep.log.LogEntry;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.Submission.CommitVerdict;
import io.lockstep.ordering.Submission.Verdict;
import io.lockstep.wire.Code;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The rules of provisional commits: who confirms, who rejects, and what a void undoes.
class VerdictDeciderTest {
    private final GroupStateFixture scene = groupOf(1);

    /// A group of alice, bob and carol, in epoch 1 after a confirmed commit.
    private static GroupStateFixture groupOf(int voidAfter) {
        var scene = new GroupStateFixture(GroupRules.DEFAULT.withVoidAfter(voidAfter));
        var members = new HashMap<>(adding(BOB).added());
        members.putAll(adding(CAROL).added());
        scene.accept(commit(ALICE, 0, "gather", new RosterDelta(members, Set.of()), 0));
        scene.accept(acknowledge(BOB, 1));
        assertThat(scene.state.provisional().isEmpty()).isTrue();
        return scene;
    }

    private static CommitVerdict acknowledge(Author by, long position) {
        return new CommitVerdict(GROUP, by, position, new Verdict.Acknowledge());
    }

    private static CommitVerdict reject(Author by, long position) {
        return new CommitVerdict(GROUP, by, position, new Verdict.Reject("junk"));
    }

    private LogEntry accepted(Submission submission) {
        return scene.accept(submission).entry().entry();
    }

    private void assertRefused(Code code, Submission submission) {
        assertThat(scene.refuse(submission).code()).isEqualTo(code);
    }

    private List<Long> provisional() {
        return scene.state.provisional().commits().stream()
                .map(ProvisionalCommit::position)
                .toList();
    }

    // PROTOCOL R-VOID-1
    @Test
    void aCommitIsProvisionalOnlyWhereThePolicyVoidsCommits() {
        var commit = accepted(commit(ALICE, 1, "c"));
        assertThat(commit.isProvisional()).isTrue();
        assertThat(provisional()).containsExactly(commit.position());

        var plain = new GroupStateFixture(GroupRules.DEFAULT);
        var other = plain.accept(commit(ALICE, 0, "c")).entry();
        assertThat(other.entry().isProvisional()).isFalse();
        assertThat(other.provisional()).isEmpty();
        assertThat(plain.refuse(reject(ALICE, 1)).code()).isEqualTo(Code.COMMIT_NOT_PROVISIONAL);
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName("I1: a message of another member in the new epoch confirms, and nothing else does")
    void whoConfirms() {
        long position = accepted(commit(ALICE, 1, "c")).position();

        assertThat(accepted(application(ALICE, 2, "own")).confirms()).isZero();
        assertThat(accepted(application(BOB, 1, "late")).confirms()).isZero();
        assertThat(accepted(external(BOBS_LAPTOP, 2, "joins")).confirms()).isZero();
        assertThat(provisional()).hasSize(2);
        assertRefused(Code.COMMIT_NOT_PROVISIONAL, acknowledge(ALICE, position));

        assertThat(accepted(proposal(BOB, 3, "p")).confirms()).isEqualTo(position + 3);
        assertThat(provisional()).isEmpty();
        assertRefused(Code.COMMIT_NOT_PROVISIONAL, reject(CAROL, position));
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName("I1: an acknowledgement confirms up to its position, in an entry of its own")
    void acknowledgements() {
        long first = accepted(commit(ALICE, 1, "a")).position();
        long second = accepted(commit(ALICE, 2, "b")).position();

        var confirmation = accepted(acknowledge(BOB, first));
        assertThat(confirmation.confirms()).isEqualTo(first);
        assertThat(ControlEvent.decode(confirmation.message()))
                .isEqualTo(new ControlEvent.Confirmed(first));
        assertThat(provisional()).containsExactly(second);
        assertRefused(Code.COMMIT_NOT_PROVISIONAL, acknowledge(CAROL, first));
        assertThat(scene.state.epoch()).isEqualTo(3);
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName("I1: whom the author has just added confirms nothing, unless the author was alone")
    void anAccompliceOfTheAuthorDoesNotConfirm() {
        long junk = accepted(commit(BOB, 1, "junk", adding(BOBS_LAPTOP), 0)).position();

        assertRefused(Code.COMMIT_NOT_PROVISIONAL, acknowledge(BOBS_LAPTOP, junk));
        assertThat(accepted(application(BOBS_LAPTOP, 2, "it is fine")).confirms()).isZero();
        assertThat(provisional()).containsExactly(junk);
        assertThat(
                        Decider.decide(
                                scene.state,
                                KeyedSubmission.of(acknowledge(BOBS_LAPTOP, junk)),
                                1000 + ProvisionalCommits.AGE.toMillis()))
                .as("nobody has rejected it for an hour")
                .isInstanceOf(Decision.Append.class);
        accepted(reject(ALICE, junk));
        assertThat(scene.state.epoch()).isEqualTo(1);
        assertThat(scene.state.provisional().members()).isEqualTo(3);
    }

    // PROTOCOL R-VOID-4
    @Test
    @DisplayName("I1: enough distinct members must reject, and each counts once")
    void rejectionsOfDistinctMembersCount() {
        var scene = groupOf(2);
        var commit = scene.accept(commit(ALICE, 1, "c")).entry().entry();

        var first = scene.accept(reject(BOB, commit.position())).entry().entry();
        assertThat(ControlEvent.decode(first.message()))
                .isEqualTo(new ControlEvent.Rejected(commit.position(), "junk"));
        assertThat(scene.state.epoch()).isEqualTo(2);
        assertThat(scene.decide(reject(BOB, commit.position())))
                .isInstanceOfSatisfying(
                        Decision.Repeat.class,
                        repeat ->
                                assertThat(repeat.answer().logPosition().position())
                                        .isEqualTo(first.position()));
        assertThat(scene.refuse(reject(ALICE, commit.position())).code())
                .isEqualTo(Code.INVALID_REQUEST);
        assertThat(scene.refuse(acknowledge(BOB, commit.position())).code())
                .as("who rejected it does not confirm it")
                .isEqualTo(Code.COMMIT_NOT_PROVISIONAL);

        var second = scene.accept(reject(CAROL, commit.position()));
        assertThat(ControlEvent.decode(second.entry().entry().message()))
                .isEqualTo(new ControlEvent.Voided(commit.position(), 1));
        assertThat(second.answer().epoch()).isEqualTo(1);
        assertThat(scene.state.epoch()).isEqualTo(1);
    }

    // PROTOCOL R-VOID-5
    @Test
    @DisplayName("I1: after a void the epoch, its proposals and its roster are as before")
    void aVoidUndoesTheCommit() {
        long proposal = accepted(proposal(CAROL, 1, "p")).position();
        var change = new RosterDelta(adding(BOBS_LAPTOP).added(), removing(CAROL).removed());
        long position = accepted(commit(BOB, 1, "junk", change, 0)).position();
        assertThat(scene.membership(CAROL).orElseThrow().isCurrent()).isFalse();
        assertRefused(Code.REMOVED, reject(CAROL, position));

        var voiding = accepted(reject(ALICE, position));

        assertThat(scene.state.epoch()).isEqualTo(1);
        assertThat(scene.state.proposals()).containsExactly(proposal);
        assertThat(scene.membership(CAROL).orElseThrow().isCurrent()).isTrue();
        assertThat(scene.membership(CAROL).orElseThrow().firstVisible()).isEqualTo(2);
        assertThat(scene.membership(BOBS_LAPTOP).orElseThrow().lastVisible())
                .isEqualTo(voiding.position());
        assertThat(voiding.rosterChange().restored()).containsExactly(CAROL.member());
        assertThat(accepted(commit(CAROL, 1, "the real one")).epoch()).isEqualTo(1);
        assertThat(scene.decide(reject(BOB, position)))
                .as("a rejection that comes late learns of the void")
                .isInstanceOfSatisfying(
                        Decision.Repeat.class,
                        repeat ->
                                assertThat(repeat.answer().logPosition().position())
                                        .isEqualTo(voiding.position()));
    }

    // PROTOCOL R-VOID-4
    @Test
    @DisplayName("I1: a rejection confirms the commits before it, and voids those after it")
    void aRejectionDividesTheCommits() {
        long first = accepted(commit(ALICE, 1, "good", adding(BOBS_LAPTOP), 0)).position();
        long second = accepted(commit(ALICE, 2, "junk", removing(BOBS_LAPTOP), 0)).position();
        accepted(commit(ALICE, 3, "on junk", adding(BOBS_LAPTOP), 0));

        var voiding = accepted(reject(BOB, second));

        assertThat(voiding.confirms()).isEqualTo(first);
        assertThat(scene.state.epoch()).isEqualTo(2);
        assertThat(provisional()).isEmpty();
        assertThat(scene.membership(BOBS_LAPTOP).orElseThrow().isCurrent()).isTrue();
    }

    @Test
    void aCommitNamesOnlyMembersThatItChanges() {
        var change =
                new RosterDelta(
                        new HashMap<MemberId, UserPseudonym>(adding(BOB).added()),
                        removing(BOBS_LAPTOP).removed());
        var commit = accepted(commit(ALICE, 1, "nothing new", change, 0));
        assertThat(commit.rosterChange()).isEqualTo(RosterDelta.NONE);
    }

    // PROTOCOL R-VOID-9
    @Test
    @DisplayName("commits in a row that nobody confirms are bounded in count")
    void commitsThatNobodyConfirmsAreBounded() {
        for (int i = 0; i < ProvisionalCommits.COMMITS_MAX; i++) {
            accepted(commit(ALICE, 1 + i, "c" + i));
        }
        int next = 1 + ProvisionalCommits.COMMITS_MAX;
        assertRefused(Code.COMMITS_UNCONFIRMED, commit(ALICE, next, "one more"));
        assertThat(
                        Decider.decide(
                                scene.state,
                                KeyedSubmission.of(commit(ALICE, next, "an hour later")),
                                1000 + ProvisionalCommits.AGE.toMillis()))
                .isInstanceOfSatisfying(
                        Decision.Append.class,
                        append -> {
                            assertThat(append.next().provisional().commits())
                                    .hasSize(ProvisionalCommits.COMMITS_MAX);
                            assertThat(append.entry().entry().confirms())
                                    .as("every member learns it from the log")
                                    .isEqualTo(provisional().getFirst());
                        });
        scene.accept(acknowledge(BOB, scene.state.logPosition().position()));
        accepted(commit(ALICE, next, "confirmed meanwhile"));
    }

    // PROTOCOL R-VOID-9
    @Test
    @DisplayName("a provisional commit changes a bounded number of members")
    void aProvisionalCommitChangesFewMembers() {
        var added = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i <= ProvisionalCommits.NAMES_MAX; i++) {
            added.put(new MemberId(7, i), new UserPseudonym(7, i));
        }
        assertRefused(
                Code.INVALID_REQUEST,
                commit(ALICE, 1, "all at once", new RosterDelta(added, Set.of()), 0));
    }

    @Test
    @DisplayName("I4: bytes of a void epoch are looked up when the group reaches the epoch again")
    void bytesOfAVoidEpochAreLookedUp() {
        long position = accepted(commit(ALICE, 1, "junk")).position();
        accepted(application(ALICE, 2, "of a void epoch"));
        accepted(reject(BOB, position));
        for (int i = 0; i < 20; i++) {
            accepted(application(BOB, 1, "filler " + i));
        }
        accepted(commit(BOB, 1, "again in epoch 2"));

        assertThat(scene.decide(application(ALICE, 2, "of a void epoch")))
                .isInstanceOf(Decision.AskLog.class);
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName("I1: a member that rejected a commit does not confirm it by rejecting a later one")
    void aSecondRejectionConfirmsNothingRejected() {
        var scene = groupOf(2);
        long first = scene.accept(commit(ALICE, 1, "junk")).entry().entry().position();
        long second = scene.accept(commit(ALICE, 2, "on junk")).entry().entry().position();
        scene.accept(reject(BOB, first));
        assertThat(scene.accept(reject(BOB, second)).entry().entry().confirms()).isZero();

        assertThat(scene.accept(reject(CAROL, first)).entry().voided())
                .contains(new ControlEvent.Voided(first, 1));
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName("I1: an author does not confirm its commit by rejecting a later one")
    void anAuthorDoesNotConfirmItsCommitByARejection() {
        long junk = accepted(commit(ALICE, 1, "junk")).position();
        long joined = accepted(external(BOBS_LAPTOP, 2, "joins")).position();
        assertThat(accepted(reject(ALICE, joined)).confirms()).isZero();
        assertThat(provisional()).containsExactly(junk);
        accepted(reject(CAROL, junk));
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName("I1: a member that joins again by external commit confirms nothing before it")
    void anExternalCommitConfirmsNothing() {
        long junk = accepted(commit(ALICE, 1, "junk")).position();
        var again = accepted(external(CAROL, 2, "again"));
        assertThat(again.confirms()).isZero();
        assertRefused(Code.COMMIT_NOT_PROVISIONAL, acknowledge(CAROL, again.position()));
        assertThat(accepted(application(CAROL, 3, "after it")).confirms()).isZero();
        assertThat(provisional()).containsExactly(junk, again.position());
        assertThat(accepted(acknowledge(BOB, again.position())).confirms())
                .isEqualTo(again.position());
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName("I1: a message of a void epoch does not confirm the next commit with its number")
    void aMessageOfAVoidEpochConfirmsNothing() {
        accepted(reject(CAROL, accepted(commit(ALICE, 1, "bob follows it")).position()));
        long junk = accepted(commit(ALICE, 1, "junk")).position();
        assertThat(accepted(application(BOB, 2, "of the void epoch")).confirms()).isZero();
        assertThat(provisional()).containsExactly(junk);
        assertThat(accepted(acknowledge(BOB, junk)).confirms()).isEqualTo(junk);
        assertThat(accepted(commit(ALICE, 2, "further")).confirms()).isZero();
        assertThat(accepted(application(BOB, 3, "seen")).confirms()).isPositive();
    }

    @Test
    @DisplayName("the names of a batch of commits are looked up in bounded steps")
    void theNamesOfManyCommitsAreLookedUp() {
        var submissions = new ArrayList<KeyedSubmission>();
        for (int i = 0; i < 40; i++) {
            var added = new HashMap<MemberId, UserPseudonym>();
            for (int j = 0; j < ProvisionalCommits.NAMES_MAX; j++) {
                added.put(new MemberId(8 + i, j), new UserPseudonym(8 + i, j));
            }
            submissions.add(
                    KeyedSubmission.of(
                            commit(BOB, 1, "many " + i, new RosterDelta(added, Set.of()), 0)));
        }
        var state = scene.state;
        int rounds = 0;
        for (var query = RosterQuery.of(state, submissions);
                !query.isEmpty();
                query = RosterQuery.of(state, submissions)) {
            assertThat(++rounds).as("it ends").isLessThan(4);
            var answers = new HashMap<MemberId, Optional<Membership>>();
            query.members().forEach(member -> answers.put(member, Optional.empty()));
            state = state.withMembers(answers, Map.of());
        }
        assertThat(BatchDecision.of(state, submissions, 1000).decisions()).isNotEmpty();
    }
}
