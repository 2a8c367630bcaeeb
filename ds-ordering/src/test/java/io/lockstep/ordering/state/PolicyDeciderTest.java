package io.lockstep.ordering.state;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.CAROL;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.adding;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.external;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupRules.ExternalJoinRule;
import io.lockstep.log.GroupRules.MemberRight;
import io.lockstep.log.PolicyChange;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The rules of policy changes.
class PolicyDeciderTest {
    private static final PolicyChange NOTHING =
            new PolicyChange(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());

    private static GroupStateFixture groupOf(GroupRules policy) {
        var scene = new GroupStateFixture(policy);
        scene.accept(commit(ALICE, 0, "add bob", adding(BOB), 0));
        return scene;
    }

    private static Submission set(Author by, PolicyChange change) {
        return new Submission.PolicySubmission(GROUP, by, "client/" + by.member(), change);
    }

    private static PolicyChange pastEpochs(int epochs) {
        return new PolicyChange(
                Optional.of(epochs),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static PolicyChange voidAfter(int rejections) {
        return new PolicyChange(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(rejections),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    // PROTOCOL R-POLICY-1 R-POLICY-3
    @Test
    void itsEntryHasTheWholePolicyAndWhoChangedIt() {
        var scene = groupOf(GroupRules.DEFAULT);
        var change =
                new PolicyChange(
                        Optional.empty(),
                        Optional.of(ExternalJoinRule.OPEN),
                        Optional.of(Duration.ofDays(2)),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(5_000L),
                        Optional.of(MemberRight.MEMBERS));

        var append = scene.accept(set(ALICE, change));

        var next =
                GroupRules.DEFAULT
                        .withExternalJoin(ExternalJoinRule.OPEN)
                        .withRetention(Duration.ofDays(2))
                        .withRetentionBytes(5_000)
                        .withChange(MemberRight.MEMBERS);
        assertThat(append.entry().entry().control())
                .contains(new ControlEvent.PolicySet(next, "client/" + ALICE.member()));
        assertThat(scene.state.policy()).isEqualTo(next);
        assertThat(scene.state.epoch()).isEqualTo(1);
        assertThat(scene.accept(external(CAROL, 1, "carol joins"))).isNotNull();
    }

    // PROTOCOL R-POLICY-2
    @Test
    @DisplayName("I9: only members to whom the policy gives the right may change it")
    void thePolicySaysWho() {
        var creators = groupOf(GroupRules.DEFAULT);
        assertThat(creators.refuse(set(BOB, pastEpochs(2))).code())
                .isEqualTo(Code.POLICY_CHANGE_NOT_ALLOWED);
        assertThat(creators.refuse(set(CAROL, pastEpochs(2))).code()).isEqualTo(Code.NOT_A_MEMBER);

        var members = groupOf(GroupRules.DEFAULT.withChange(MemberRight.MEMBERS));
        members.accept(set(BOB, pastEpochs(2)));

        var nobody = groupOf(GroupRules.DEFAULT.withChange(MemberRight.NOBODY));
        assertThat(nobody.refuse(set(ALICE, pastEpochs(2))).code())
                .isEqualTo(Code.POLICY_CHANGE_NOT_ALLOWED);
    }

    // PROTOCOL R-POLICY-3
    @Test
    void itAppliesToWhatFollows() {
        var scene = groupOf(GroupRules.DEFAULT.withPastEpochs(0));
        scene.accept(commit(ALICE, 1, "next"));
        assertThat(scene.refuse(application(BOB, 0, "old")).code()).isEqualTo(Code.EPOCH_TOO_OLD);

        scene.accept(set(ALICE, pastEpochs(2)));

        scene.accept(application(BOB, 0, "old"));
        scene.accept(set(ALICE, pastEpochs(1)));
        assertThat(scene.refuse(application(BOB, 0, "older")).code()).isEqualTo(Code.EPOCH_TOO_OLD);
        assertThat(scene.decide(application(BOB, 0, "old")))
                .as("I4: what was accepted before")
                .isInstanceOf(Decision.Repeat.class);
    }

    // PROTOCOL R-POLICY-4
    @Test
    void whatIsInForceAlreadyIsNotAppendedAgain() {
        var scene = groupOf(GroupRules.DEFAULT);
        scene.accept(set(ALICE, pastEpochs(2)));

        assertThat(scene.decide(set(ALICE, pastEpochs(2)))).isInstanceOf(Decision.Repeat.class);
        assertThat(scene.decide(set(ALICE, NOTHING))).isInstanceOf(Decision.Repeat.class);
    }

    // PROTOCOL R-POLICY-5
    @Test
    @DisplayName("I1: commits do not become provisional, or the opposite, in an existing group")
    void voidsAreTurnedNeitherOnNorOff() {
        var without = groupOf(GroupRules.DEFAULT);
        assertThat(without.refuse(set(ALICE, voidAfter(1))).code()).isEqualTo(Code.INVALID_REQUEST);

        var with = groupOf(GroupRules.DEFAULT.withVoidAfter(1));
        assertThat(with.refuse(set(ALICE, voidAfter(0))).code()).isEqualTo(Code.INVALID_REQUEST);
        with.accept(application(BOB, 1, "bob follows"));
        with.accept(set(ALICE, voidAfter(3)));
    }

    // PROTOCOL R-POLICY-5
    @Test
    @DisplayName("I1: rejections before a change count, and the next rejection voids")
    void aMemberThatHasRejectedMayRejectAgain() {
        var scene = groupOf(GroupRules.DEFAULT.withVoidAfter(2));
        scene.accept(application(BOB, 1, "bob follows"));
        scene.accept(commit(ALICE, 1, "junk"));
        long junk = scene.state.logPosition().position();
        var reject =
                new Submission.CommitVerdict(GROUP, BOB, junk, new Submission.Verdict.Reject("no"));
        scene.accept(reject);
        assertThat(scene.decide(reject)).isInstanceOf(Decision.Repeat.class);

        scene.accept(set(ALICE, voidAfter(1)));
        assertThat(scene.state.epoch()).as("the change itself voids nothing").isEqualTo(2);
        scene.accept(reject);

        assertThat(scene.state.epoch()).isEqualTo(1);
        assertThat(scene.state.provisional().isEmpty()).isTrue();
    }

    // PROTOCOL R-POLICY-5
    @Test
    @DisplayName("I1: the author of a junk commit does not keep it by a higher void_after")
    void voidAfterDoesNotRiseWhileACommitIsProvisional() {
        var scene = groupOf(GroupRules.DEFAULT.withVoidAfter(1).withChange(MemberRight.MEMBERS));
        scene.accept(application(BOB, 1, "bob follows"));
        scene.accept(commit(BOB, 1, "junk"));

        assertThat(scene.refuse(set(BOB, voidAfter(16))).code())
                .isEqualTo(Code.COMMITS_UNCONFIRMED);

        scene.accept(application(ALICE, 2, "alice follows"));
        scene.accept(set(BOB, voidAfter(16)));
    }

    @Test
    void aClosedGroupKeepsItsPolicy() {
        var ended = groupOf(GroupRules.DEFAULT);
        ended.accept(
                new Submission.ReinitSubmission(GROUP, ALICE, new GroupId(GROUP.bytes().sha256())));

        assertThat(ended.refuse(set(ALICE, pastEpochs(2))).code())
                .isEqualTo(Code.GROUP_REINITIALIZED);
    }
}
