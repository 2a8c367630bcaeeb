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
import static io.lockstep.ordering.actor.TestAuthors.removing;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.Departures;
import io.lockstep.log.Departures.DepartedClient;
import io.lockstep.log.GroupRules;
import io.lockstep.log.MemberId;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.Submission.CommitVerdict;
import io.lockstep.ordering.Submission.LeaveSubmission;
import io.lockstep.ordering.Submission.Verdict;
import io.lockstep.wire.Code;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The rules of leaving, also while commits can be voided.
class LeaveDeciderTest {
    /// A group of alice, bob and carol in epoch 1, whose first commit is confirmed.
    private static GroupStateFixture groupOf(int voidAfter) {
        var scene = new GroupStateFixture(GroupRules.DEFAULT.withVoidAfter(voidAfter));
        var members = new HashMap<>(adding(BOB).added());
        members.putAll(adding(CAROL).added());
        scene.accept(commit(ALICE, 0, "gather", new RosterDelta(members, Set.of()), 0));
        scene.accept(application(BOB, 1, "seen"));
        return scene;
    }

    private static Submission leave(Author by) {
        return new LeaveSubmission(GROUP, by, "client/" + by.member());
    }

    private static Submission reject(Author by, long position) {
        return new CommitVerdict(GROUP, by, position, new Verdict.Reject("junk"));
    }

    private static List<MemberId> waiting(GroupStateFixture scene) {
        return scene.state.departures().clients().stream()
                .filter(DepartedClient::isWaiting)
                .map(DepartedClient::member)
                .toList();
    }

    // PROTOCOL R-LEAVE-1 R-LEAVE-5
    @Test
    @DisplayName("I9: one who left is no member; I4: leaving again is the first time")
    void aMemberLeaves() {
        var scene = groupOf(0);
        var left = scene.accept(leave(BOB)).entry().entry();
        assertThat(ControlEvent.decode(left.message()))
                .isEqualTo(new ControlEvent.Left("client/" + BOB.member()));
        assertThat(left.rosterChange().removed()).containsExactly(BOB.member());
        assertThat(waiting(scene)).containsExactly(BOB.member());

        assertThat(scene.refuse(application(BOB, 1, "late")).code()).isEqualTo(Code.REMOVED);
        var repeat = (Decision.Repeat) scene.decide(leave(BOB));
        assertThat(repeat.answer().logPosition().position()).isEqualTo(left.position());
        assertThat(repeat.answer().repeat()).isTrue();
        assertThat(scene.refuse(leave(BOBS_LAPTOP)).code()).isEqualTo(Code.NOT_A_MEMBER);
    }

    @Test
    void aCommitThatNamesOneWhoLeftEndsTheWait() {
        for (int voidAfter : new int[] {0, 1}) {
            var scene = groupOf(voidAfter);
            scene.accept(leave(BOB));
            scene.accept(commit(ALICE, 1, "removes bob", removing(BOB), 0));
            assertThat(waiting(scene)).isEmpty();
            scene.accept(application(CAROL, 2, "seen, too"));
            assertThat(scene.state.departures()).isEqualTo(Departures.NONE);
        }
    }

    @Test
    void oneWhoComesBackWaitsNoMore() {
        var scene = groupOf(0);
        scene.accept(leave(BOB));
        scene.accept(commit(ALICE, 1, "bob again", adding(BOB), 0));
        assertThat(scene.state.departures()).isEqualTo(Departures.NONE);
        assertThat(scene.state.roster().isMember(BOB.member())).isTrue();
    }

    // PROTOCOL R-LEAVE-3
    @Test
    @DisplayName("I9: a void does not bring back one who left meanwhile")
    void aVoidRestoresNobodyWhoLeft() {
        var scene = groupOf(1);
        // Two commits: the first removes bob, the second brings him back.
        long first =
                scene.accept(commit(ALICE, 1, "no bob", removing(BOB), 0))
                        .entry()
                        .entry()
                        .position();
        scene.accept(commit(ALICE, 2, "bob", adding(BOB), 0));
        scene.accept(leave(BOB));
        assertThat(scene.state.provisional().members()).isEqualTo(2);

        scene.accept(reject(CAROL, first));
        assertThat(scene.state.roster().isMember(BOB.member())).isFalse();
        assertThat(scene.state.provisional().members()).isEqualTo(2);
        assertThat(waiting(scene)).containsExactly(BOB.member());
    }

    // PROTOCOL R-LEAVE-3
    @Test
    @DisplayName("I9: a void of the commit that removed a leaf makes its client wait again")
    void aVoidedRemovalIsStillToBeMade() {
        var scene = groupOf(1);
        scene.accept(leave(BOB));
        long removal =
                scene.accept(commit(ALICE, 1, "no bob", removing(BOB), 0))
                        .entry()
                        .entry()
                        .position();
        assertThat(waiting(scene)).isEmpty();
        var voided = scene.accept(reject(CAROL, removal)).entry();
        assertThat(voided.entry().rosterChange().restored()).isEmpty();
        assertThat(scene.state.roster().isMember(BOB.member())).isFalse();
        assertThat(waiting(scene)).containsExactly(BOB.member());
    }

    // PROTOCOL R-VOID-2
    @Test
    @DisplayName(
            "I1: a joiner that left and was added again does not confirm the commit that added it")
    void anAccompliceThatLeavesConfirmsNothing() {
        var scene = groupOf(1);
        long junk =
                scene.accept(commit(ALICE, 1, "junk", adding(BOBS_LAPTOP), 0))
                        .entry()
                        .entry()
                        .position();
        scene.accept(leave(BOBS_LAPTOP));
        scene.accept(commit(ALICE, 2, "again", adding(BOBS_LAPTOP), 0));
        assertThat(scene.accept(application(BOBS_LAPTOP, 3, "fine")).entry().entry().confirms())
                .isZero();
        scene.accept(reject(CAROL, junk));
        assertThat(scene.state.roster().isMember(BOBS_LAPTOP.member())).isFalse();
        assertThat(scene.state.provisional().members()).isEqualTo(3);
    }

    // PROTOCOL R-LEAVE-5
    @Test
    void theLastMemberMayLeave() {
        var scene = new GroupStateFixture(GroupRules.DEFAULT.withVoidAfter(1));
        scene.accept(leave(ALICE));
        assertThat(scene.refuse(application(ALICE, 0, "late")).code()).isEqualTo(Code.REMOVED);
        assertThat(scene.state.provisional().members()).isZero();
    }

    @Test
    void theListIsBounded() {
        var departures = Departures.NONE;
        for (int i = 0; i < Departures.CLIENTS_MAX + 10; i++) {
            departures = departures.with(new MemberId(7, i), "client/" + i, i + 1);
        }
        assertThat(departures.clients()).hasSize(Departures.CLIENTS_MAX);
        assertThat(departures.of(new MemberId(7, 0))).isPresent();
    }

    @Test
    void anExternalCommitOfOneWhoLeftIsAsOfAnyOther() {
        var scene = groupOf(0);
        scene.accept(commit(ALICE, 1, "laptop", adding(BOBS_LAPTOP), 0));
        scene.accept(leave(BOB));
        scene.accept(external(BOB, 2, "back"));
        assertThat(scene.state.departures()).isEqualTo(Departures.NONE);
    }
}
