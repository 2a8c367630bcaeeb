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

import io.lockstep.log.ControlEvent;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupRules.MemberRight;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The rules of successors (RFC 9420 §11.2).
class ReinitDeciderTest {
    private static final GroupId NEXT = new GroupId(bytes("next"));

    private static GroupStateFixture groupOf(MemberRight rule) {
        var scene = new GroupStateFixture(GroupRules.DEFAULT.withReinit(rule));
        scene.accept(commit(ALICE, 0, "add bob", adding(BOB), 0));
        return scene;
    }

    private static Submission reinit(Author by, GroupId successor) {
        return new Submission.ReinitSubmission(GROUP, by, successor);
    }

    // PROTOCOL R-REINIT-1 R-REINIT-2
    @Test
    @DisplayName("I1: the first successor wins, and nothing follows it")
    void theFirstSuccessorEndsTheGroup() {
        var scene = groupOf(MemberRight.CREATOR);
        scene.accept(application(BOB, 1, "before"));

        var append = scene.accept(reinit(ALICE, NEXT));

        assertThat(ControlEvent.decode(append.entry().entry().message()))
                .isEqualTo(new ControlEvent.Reinitialized(NEXT));
        assertThat(scene.state.succession().successor()).contains(NEXT);
        for (var late :
                new Submission[] {
                    application(ALICE, 1, "late"),
                    commit(BOB, 1, "late"),
                    ephemeral(BOB, 1, "late"),
                    external(BOBS_LAPTOP, 1, "late"),
                    reinit(ALICE, new GroupId(bytes("another"))),
                    new Submission.CommitVerdict(
                            GROUP, BOB, 1, new Submission.Verdict.Reject("late"))
                }) {
            assertThat(scene.refuse(late).code()).isEqualTo(Code.GROUP_REINITIALIZED);
        }
        assertThat(scene.decide(reinit(BOB, NEXT))).isInstanceOf(Decision.Repeat.class);
        assertThat(scene.decide(application(BOB, 1, "before")))
                .as("I4: what was accepted before")
                .isInstanceOf(Decision.Repeat.class);
    }

    // PROTOCOL R-REINIT-3
    @Test
    @DisplayName("I9: only members that the policy lets may name a successor")
    void thePolicySaysWho() {
        var creators = groupOf(MemberRight.CREATOR);
        assertThat(creators.refuse(reinit(BOB, NEXT)).code()).isEqualTo(Code.REINIT_NOT_ALLOWED);
        assertThat(creators.refuse(reinit(CAROL, NEXT)).code()).isEqualTo(Code.NOT_A_MEMBER);
        assertThat(creators.refuse(reinit(ALICE, GROUP)).code()).isEqualTo(Code.INVALID_REQUEST);

        var members = groupOf(MemberRight.MEMBERS);
        members.accept(reinit(BOB, NEXT));

        var nobody = groupOf(MemberRight.NOBODY);
        assertThat(nobody.refuse(reinit(ALICE, NEXT)).code()).isEqualTo(Code.REINIT_NOT_ALLOWED);
        assertThat(nobody.state.succession().creatorOwner()).isEqualTo(Optional.of(ALICE.owner()));
    }
}
