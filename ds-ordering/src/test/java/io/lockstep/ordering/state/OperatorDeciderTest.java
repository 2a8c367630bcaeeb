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
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupRules.MemberRight;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.Submission.CommitVerdict;
import io.lockstep.ordering.Submission.OperatorAction;
import io.lockstep.ordering.Submission.OperatorCommand;
import io.lockstep.ordering.Submission.Verdict;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The rules of the operator's commands.
class OperatorDeciderTest {
    private static final Evidence WHY = Evidence.of("two members report junk, ticket 4711");
    private static final GroupId NEXT = new GroupId(bytes("next"));

    private final GroupStateFixture scene = groupOf(GroupRules.DEFAULT.withVoidAfter(2));

    /// A group of alice, bob and carol, in epoch 1 after a confirmed commit.
    private static GroupStateFixture groupOf(GroupRules policy) {
        var scene = new GroupStateFixture(policy);
        var members = new HashMap<>(adding(BOB).added());
        members.putAll(adding(CAROL).added());
        scene.accept(commit(ALICE, 0, "gather", new RosterDelta(members, Set.of()), 0));
        if (policy.voidsCommits()) {
            scene.accept(acknowledge(BOB, 1));
        }
        return scene;
    }

    private static Submission acknowledge(Author by, long position) {
        return new CommitVerdict(GROUP, by, position, new Verdict.Acknowledge());
    }

    private static Submission reject(Author by, long position) {
        return new CommitVerdict(GROUP, by, position, new Verdict.Reject("junk"));
    }

    private static Submission command(OperatorAction action) {
        return new OperatorCommand(GROUP, action, WHY);
    }

    private static Submission voidFrom(long position) {
        return command(new OperatorAction.VoidCommits(OptionalLong.of(position)));
    }

    private static Submission voidRejected() {
        return command(new OperatorAction.VoidCommits(OptionalLong.empty()));
    }

    private static final Submission FREEZE = command(new OperatorAction.Freeze());
    private static final Submission THAW = command(new OperatorAction.Thaw());

    private long position(Submission submission) {
        return scene.accept(submission).entry().entry().position();
    }

    // PROTOCOL R-OPERATOR-1
    @Test
    @DisplayName("I1: the operator voids a provisional commit and all after it, with evidence")
    void voidsWhatIsProvisional() {
        long first =
                position(
                        commit(
                                ALICE,
                                1,
                                "junk",
                                new RosterDelta(Map.of(), Set.of(CAROL.member())),
                                0));
        position(commit(ALICE, 2, "on junk"));

        var append = scene.accept(voidFrom(first));

        assertThat(append.entry().voided())
                .contains(new ControlEvent.Voided(first, 1, Optional.of(WHY)));
        assertThat(scene.state.epoch()).isEqualTo(1);
        assertThat(scene.state.provisional().isEmpty()).isTrue();
        assertThat(scene.membership(CAROL).orElseThrow().isCurrent()).isTrue();
        scene.accept(commit(CAROL, 1, "the epoch goes on"));
        assertThat(scene.decide(voidFrom(first))).as("I4").isInstanceOf(Decision.Repeat.class);
    }

    // PROTOCOL R-OPERATOR-1
    @Test
    @DisplayName("I1: the operator never voids a confirmed commit")
    void neverVoidsWhatIsConfirmed() {
        long commit = position(commit(ALICE, 1, "good"));
        scene.accept(acknowledge(BOB, commit));

        assertThat(scene.refuse(voidFrom(commit)).code()).isEqualTo(Code.COMMIT_NOT_PROVISIONAL);
        assertThat(scene.refuse(voidFrom(1)).code()).isEqualTo(Code.COMMIT_NOT_PROVISIONAL);

        var plain = groupOf(GroupRules.DEFAULT);
        assertThat(plain.refuse(voidFrom(1)).code()).isEqualTo(Code.COMMIT_NOT_PROVISIONAL);
    }

    @Test
    void withoutAPositionTheOldestRejectedCommitIsVoided() {
        position(commit(ALICE, 1, "unseen"));
        long junk = position(commit(ALICE, 2, "junk"));
        assertThat(scene.refuse(voidRejected()).code()).isEqualTo(Code.COMMIT_NOT_PROVISIONAL);

        scene.accept(reject(BOB, junk));
        var append = scene.accept(voidRejected());

        assertThat(append.entry().voided().orElseThrow().position()).isEqualTo(junk);
        assertThat(scene.decide(voidRejected())).as("I4").isInstanceOf(Decision.Repeat.class);
    }

    // PROTOCOL R-FREEZE-1 R-FREEZE-2
    @Test
    void aFrozenGroupTakesTheOperatorsCommandsOnly() {
        long junk = position(commit(ALICE, 1, "junk"));
        position(application(ALICE, 2, "before"));
        scene.accept(reject(BOB, junk));
        long frozen = position(FREEZE);

        assertThat(scene.state.frozenAt()).isEqualTo(frozen);
        for (var refused :
                List.of(
                        application(ALICE, 2, "late"),
                        ephemeral(BOB, 2, "late"),
                        commit(BOB, 2, "late"),
                        external(BOBS_LAPTOP, 2, "late"),
                        acknowledge(CAROL, junk),
                        reject(CAROL, junk),
                        new Submission.ReinitSubmission(GROUP, ALICE, NEXT))) {
            assertThat(scene.refuse(refused).code()).isEqualTo(Code.GROUP_FROZEN);
        }
        assertThat(scene.decide(application(ALICE, 2, "before")))
                .as("I4: what was accepted before")
                .isInstanceOf(Decision.Repeat.class);
        assertThat(scene.decide(FREEZE)).as("I4").isInstanceOf(Decision.Repeat.class);

        scene.accept(voidFrom(junk));
        scene.accept(THAW);

        assertThat(scene.state.isFrozen()).isFalse();
        assertThat(scene.decide(THAW)).as("I4").isInstanceOf(Decision.Repeat.class);
        scene.accept(commit(BOB, 1, "goes on"));
    }

    @Test
    @DisplayName("I9: an outsider does not learn that a group is frozen")
    void outsidersLearnNothing() {
        var group = groupOf(GroupRules.DEFAULT.withReinit(MemberRight.MEMBERS));
        group.accept(FREEZE);
        var outsider = application(BOBS_LAPTOP, 1, "hello");
        assertThat(group.refuse(outsider).code()).isEqualTo(Code.NOT_A_MEMBER);
    }

    // PROTOCOL R-OPERATOR-2
    @Test
    @DisplayName("I1: the operator names a successor whatever the policy says, but no second one")
    void resets() {
        var group = groupOf(GroupRules.DEFAULT.withReinit(MemberRight.NOBODY));
        group.accept(FREEZE);
        var own = command(new OperatorAction.Reset(GROUP));
        assertThat(group.refuse(own).code()).isEqualTo(Code.INVALID_REQUEST);

        var append = group.accept(command(new OperatorAction.Reset(NEXT)));

        assertThat(append.entry().entry().control())
                .contains(new ControlEvent.Reinitialized(NEXT, Optional.of(WHY)));
        assertThat(group.decide(command(new OperatorAction.Reset(NEXT))))
                .isInstanceOf(Decision.Repeat.class);
        var other = command(new OperatorAction.Reset(new GroupId(bytes("other"))));
        for (var late : List.of(other, FREEZE, THAW, voidFrom(1), application(ALICE, 1, "late"))) {
            assertThat(group.refuse(late).code()).isEqualTo(Code.GROUP_REINITIALIZED);
        }
    }

    @Test
    void evidenceIsBounded() {
        assertThatThrownBy(() -> Evidence.of(" ")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Evidence.of("ä".repeat(101)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(Evidence.of("ä".repeat(100)).text()).hasSize(100);
    }
}
