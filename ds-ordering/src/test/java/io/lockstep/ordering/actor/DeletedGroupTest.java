package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.creation;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.DeleteOutcome;
import io.lockstep.wire.Code;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// A group that was deleted is not one that the store has lost.
class DeletedGroupTest {
    private final ActorHarness stage = new ActorHarness();

    @BeforeEach
    void create() {
        stage.accept(creation(GROUP, ALICE));
        stage.accept(application(ALICE, 0, "m1"));
    }

    // PROTOCOL R-DELETE-4
    @Test
    void aGroupThatWasDeletedIsUnknown() {
        delete();

        assertThat(stage.refuse(application(ALICE, 0, "m2")).code()).isEqualTo(Code.UNKNOWN_GROUP);
        assertThat(stage.refuse(application(ALICE, 0, "m1")).code()).isEqualTo(Code.UNKNOWN_GROUP);
        assertThat(stage.actors.actors()).isZero();
        noAlarm();
    }

    // PROTOCOL R-DELETE-5
    @Test
    void aNodeThatRemembersADeletedGroupCreatesItAgain() {
        delete();

        var again = stage.accept(creation(GROUP, BOB));

        assertThat(again.repeat()).isFalse();
        assertThat(stage.refuse(application(ALICE, 0, "m2")).code()).isEqualTo(Code.NOT_A_MEMBER);
        stage.accept(application(BOB, 0, "m1 of the second"));
        noAlarm();
    }

    @Test
    void aNodeThatRemembersADeletedGroupWithoutItsActorCreatesItAgain() {
        stage.pass(Duration.ofSeconds(70));
        assertThat(stage.actors.actors()).isZero();
        delete();

        stage.accept(creation(GROUP, BOB));
        noAlarm();
    }

    /// Another node deleted and created it.
    @Test
    void aNodeFollowsTheGroupThatWasCreatedAfterTheDeletion() {
        delete();
        var other = stage.node(stage.store, ActorHarness.LIMITS, new SimpleMeterRegistry());
        assertThat(stage.ask(other, creation(GROUP, BOB)).toString()).contains("Accepted");
        assertThat(stage.ask(other, application(BOB, 0, "m1")).toString()).contains("Accepted");

        stage.accept(application(BOB, 0, "m2"));
        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.NOT_A_MEMBER);
        assertThat(stage.tail().position()).isEqualTo(2);
        noAlarm();
    }

    /// It stayed frozen until the node was restarted.
    @Test
    void aNodeThatHasFrozenAGroupForgetsItWhenItIsDeleted() {
        stage.log.onAppend = _ -> Mono.just(new AppendOutcome.GroupMissing());
        assertThat(stage.refuse(application(ALICE, 0, "m2")).code()).isEqualTo(Code.GROUP_FROZEN);
        stage.log.mend();
        delete();
        stage.pass(Duration.ofSeconds(4));

        assertThat(stage.refuse(application(ALICE, 0, "m2")).code()).isEqualTo(Code.UNKNOWN_GROUP);

        assertThat(stage.actors.frozenGroups()).isZero();
        assertThat(stage.accept(creation(GROUP, BOB)).repeat()).isFalse();
    }

    @Test
    void aNodeThatHasFrozenAGroupWithoutItsStateForgetsItWhenItIsDeleted() {
        stage.pass(Duration.ofSeconds(70));
        stage.log.onLoad = _ -> Mono.empty();
        assertThat(stage.refuse(application(ALICE, 0, "m2")).code()).isEqualTo(Code.GROUP_FROZEN);
        stage.log.mend();
        delete();
        stage.pass(Duration.ofSeconds(4));

        assertThat(stage.accept(creation(GROUP, BOB)).repeat()).isFalse();
        assertThat(stage.actors.frozenGroups()).isZero();
    }

    private void delete() {
        assertThat(
                        ActorHarness.now(
                                stage.store.delete(
                                        GROUP, new DeleteCondition.OnlyUser(ALICE.member()))))
                .isEqualTo(DeleteOutcome.DELETED);
    }

    private void noAlarm() {
        assertThat(stage.alarms("vanished")).isZero();
        assertThat(stage.alarms("frozen")).isZero();
        assertThat(stage.alarms("bug")).isZero();
    }
}
