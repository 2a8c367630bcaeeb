package io.lockstep.ordering.state;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.BOBS_LAPTOP;
import static io.lockstep.ordering.actor.TestAuthors.CAROL;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.adding;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.bytes;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.ephemeral;
import static io.lockstep.ordering.actor.TestAuthors.external;
import static io.lockstep.ordering.actor.TestAuthors.newMemberProposal;
import static io.lockstep.ordering.actor.TestAuthors.policy;
import static io.lockstep.ordering.actor.TestAuthors.proposal;
import static io.lockstep.ordering.actor.TestAuthors.removing;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupRules.ExternalJoinRule;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.state.Decision.Disclosure;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Invariant I9: only an author with current authority may write to a group.
class AuthorityTest {
    private final GroupStateFixture scene = new GroupStateFixture(GroupRules.DEFAULT);

    // PROTOCOL R-ORDER-3
    @Test
    @DisplayName("I9: an outsider is refused whatever it sends, and learns nothing of the group")
    void outsiderLearnsNothing() {
        scene.accept(commit(ALICE, 0, "c"));
        for (var submission :
                new Submission[] {
                    application(CAROL, 1, "current"),
                    application(CAROL, 0, "old"),
                    application(CAROL, 9, "future"),
                    proposal(CAROL, 1, "p"),
                    commit(CAROL, 1, "current commit"),
                    commit(CAROL, 0, "old commit"),
                    commit(CAROL, 0, "c"),
                    ephemeral(CAROL, 1, "e")
                }) {
            var refuse = scene.refuse(submission);
            assertThat(refuse.code()).isEqualTo(Code.NOT_A_MEMBER);
            assertThat(refuse.shows()).isEqualTo(Disclosure.NOTHING);
            assertThat(refuse.refusal().detail()).isEqualTo(Code.NOT_A_MEMBER.meaning());
        }
    }

    // PROTOCOL R-ROSTER-1
    @Test
    @DisplayName("I9: an added member may write from the next entry on")
    void addedMemberMayWrite() {
        assertThat(scene.refuse(application(BOB, 0, "too early")).code())
                .isEqualTo(Code.NOT_A_MEMBER);
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));

        scene.accept(application(BOB, 1, "hello"));
        var membership = scene.membership(BOB).orElseThrow();
        assertThat(membership.firstVisible()).isEqualTo(2);
    }

    // PROTOCOL R-ROSTER-2
    @Test
    @DisplayName("I9: a removed member may not write any more")
    void removedMemberIsRefused() {
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        scene.accept(commit(ALICE, 1, "remove", removing(BOB), 0));

        for (var submission :
                new Submission[] {
                    application(BOB, 2, "a"),
                    application(BOB, 1, "of the epoch it was in"),
                    proposal(BOB, 2, "p"),
                    commit(BOB, 2, "c"),
                    commit(BOB, 1, "lost against the removal"),
                    ephemeral(BOB, 2, "e")
                }) {
            var refuse = scene.refuse(submission);
            assertThat(refuse.code()).isEqualTo(Code.REMOVED);
            assertThat(refuse.shows()).isEqualTo(Disclosure.NOTHING);
        }
        assertThat(scene.membership(BOB).orElseThrow().lastVisible()).isEqualTo(2);
    }

    @Test
    void removedMemberWhoIsAddedAgainMayWrite() {
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        scene.accept(commit(ALICE, 1, "remove", removing(BOB), 0));
        scene.accept(commit(ALICE, 2, "add again", adding(BOB), 0));

        scene.accept(application(BOB, 3, "back"));
    }

    // PROTOCOL R-AUTH-1
    @Test
    @DisplayName("I9: external join MEMBERS admits no outsider, but lets a member rejoin")
    void externalJoinByMembersOnly() {
        var closed = new GroupStateFixture(policy(1, ExternalJoinRule.MEMBERS));
        closed.accept(commit(ALICE, 0, "add", adding(BOB), 0));

        assertThat(closed.refuse(external(CAROL, 1, "x")).code()).isEqualTo(Code.JOIN_NOT_ALLOWED);
        assertThat(closed.refuse(external(BOBS_LAPTOP, 1, "x")).code())
                .isEqualTo(Code.JOIN_NOT_ALLOWED);
        assertThat(closed.refuse(newMemberProposal(CAROL, 1, "p")).code())
                .isEqualTo(Code.JOIN_NOT_ALLOWED);
        closed.accept(external(BOB, 1, "resync"));
    }

    // PROTOCOL R-AUTH-1 R-EXT-1
    @Test
    @DisplayName("I9: external join DEVICES admits other devices of a member's user only")
    void externalJoinByDevices() {
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));

        assertThat(scene.refuse(external(CAROL, 1, "x")).code()).isEqualTo(Code.JOIN_NOT_ALLOWED);
        scene.accept(newMemberProposal(BOBS_LAPTOP, 1, "add me"));
        var join = scene.accept(external(BOBS_LAPTOP, 1, "join"));

        assertThat(join.entry().entry().rosterChange()).isEqualTo(adding(BOBS_LAPTOP));
        assertThat(scene.membership(BOBS_LAPTOP).orElseThrow().firstVisible())
                .isEqualTo(join.entry().entry().position() + 1);
        scene.accept(application(BOBS_LAPTOP, 2, "hello"));
    }

    @Test
    @DisplayName("I9: once a user's last device is removed, its other devices are refused")
    void removedUserLosesTheDevicesRight() {
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        scene.accept(commit(ALICE, 1, "remove", removing(BOB), 0));

        assertThat(scene.refuse(external(BOBS_LAPTOP, 2, "x")).code())
                .isEqualTo(Code.JOIN_NOT_ALLOWED);
        assertThat(scene.refuse(external(BOB, 2, "x")).code()).isEqualTo(Code.REMOVED);
    }

    // PROTOCOL R-AUTH-1 R-EXT-1
    @Test
    void externalJoinOpenLetsAnyoneIn() {
        var open = new GroupStateFixture(policy(1, ExternalJoinRule.OPEN));

        open.accept(newMemberProposal(BOB, 0, "add me"));
        open.accept(external(CAROL, 0, "join"));
        open.accept(application(CAROL, 1, "hello"));
        assertThat(open.refuse(application(BOB, 1, "not added yet")).code())
                .isEqualTo(Code.NOT_A_MEMBER);
    }

    @Test
    void outsidersCommitIsExternalOrNothing() {
        var open = new GroupStateFixture(policy(1, ExternalJoinRule.OPEN));

        assertThat(open.refuse(commit(CAROL, 0, "c")).code()).isEqualTo(Code.NOT_A_MEMBER);
        assertThat(open.refuse(proposal(CAROL, 0, "p")).code()).isEqualTo(Code.NOT_A_MEMBER);
    }

    // PROTOCOL R-REFUSED-1
    @Test
    void joinerThatLosesTheRaceGetsTheTailOnly() {
        var open = new GroupStateFixture(policy(1, ExternalJoinRule.OPEN));
        open.accept(commit(ALICE, 0, "winner"));

        var refuse = open.refuse(external(CAROL, 0, "loser"));

        assertThat(refuse.code()).isEqualTo(Code.EPOCH_CONFLICT);
        assertThat(refuse.shows()).isEqualTo(Disclosure.TAIL);
    }

    // PROTOCOL R-EXT-3 R-EXT-4 R-EXT-5
    /// RFC 9420 §12.4.3.2: at most one Remove, of the joiner's prior appearance; no Add, so no
    /// Welcome.
    @Test
    @DisplayName("I9: an external commit cannot add or remove other members")
    void externalCommitConcernsItsAuthorOnly() {
        var open = new GroupStateFixture(policy(1, ExternalJoinRule.OPEN));
        open.accept(commit(ALICE, 0, "add", adding(BOB), 0));

        for (var change :
                new RosterDelta[] {
                    adding(BOBS_LAPTOP),
                    removing(ALICE),
                    new RosterDelta(Map.of(), Set.of(ALICE.member(), CAROL.member()))
                }) {
            assertThat(open.refuse(external(CAROL, 1, "x", change)).code())
                    .isEqualTo(Code.INVALID_REQUEST);
        }
        var withWelcome =
                new Submission.CommitSubmission(
                        GROUP,
                        CAROL,
                        1,
                        true,
                        bytes("x"),
                        bytes("welcome"),
                        Bytes.EMPTY,
                        RosterDelta.NONE,
                        0);
        assertThat(open.refuse(withWelcome).code()).isEqualTo(Code.INVALID_REQUEST);
    }

    // PROTOCOL R-EXT-5
    @Test
    void joinerMayReplaceItsPriorAppearance() {
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));

        var resync = scene.accept(external(BOB, 1, "resync", removing(BOB)));

        var membership = scene.membership(BOB).orElseThrow();
        assertThat(membership.isCurrent()).isTrue();
        assertThat(membership.firstVisible()).isEqualTo(resync.entry().entry().position() + 1);
    }

    // PROTOCOL R-EXT-2
    @Test
    void externalCommitOfAMemberKeepsWhatItMaySee() {
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        scene.accept(external(BOB, 1, "resync"));

        assertThat(scene.membership(BOB).orElseThrow().firstVisible()).isEqualTo(2);
    }
}
