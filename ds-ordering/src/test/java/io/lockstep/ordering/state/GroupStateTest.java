package io.lockstep.ordering.state;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.adding;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.proposal;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.RosterDelta;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class GroupStateTest {
    private final GroupStateFixture scene = new GroupStateFixture(GroupRules.DEFAULT);

    @BeforeEach
    void someHistory() {
        scene.accept(application(ALICE, 0, "m0"));
        scene.accept(proposal(ALICE, 0, "p"));
        scene.accept(commit(ALICE, 0, "c0", adding(BOB), 0));
        scene.accept(application(BOB, 0, "late"));
        scene.accept(application(BOB, 1, "m1"));
    }

    private GroupSnapshot snapshot(int recent) {
        return new GroupSnapshot(
                scene.state.tail(),
                scene.state.policy(),
                scene.log.subList(scene.log.size() - recent, scene.log.size()),
                scene.state.proposals(),
                scene.state.provisional(),
                scene.state.succession(),
                scene.state.frozenAt(),
                scene.state.departures());
    }

    private GroupState loaded(int recent) {
        return GroupState.of(GROUP, snapshot(recent), GroupStateFixture.LIMITS).orElseThrow();
    }

    @Test
    void aLoadedStateKnowsProposalsThatItsRecentEntriesDoNotReachBackTo() {
        scene.accept(proposal(BOB, 1, "long ago"));
        for (int i = 0; i < 5; i++) {
            scene.accept(application(ALICE, 1, "after " + i));
        }
        assertThat(loaded(1).proposals()).containsExactly(6L);
        assertThat(loaded(1).proposals()).isEqualTo(scene.state.proposals());
    }

    @Test
    void loadingTheWholeLogGivesTheStateThatAppendingItGave() {
        assertThat(loaded(5))
                .usingRecursiveComparison()
                .ignoringFields("keys", "roster")
                .isEqualTo(scene.state);
        assertThat(loaded(5).keys().floor()).isZero();
        for (var entry : scene.log) {
            assertThat(loaded(5).keys().find(entry.sha256()))
                    .isEqualTo(scene.state.keys().find(entry.sha256()));
        }
    }

    @Test
    void loadingAPartKnowsHowFarItReaches() {
        for (int recent = 0; recent <= 5; recent++) {
            var state = loaded(recent);
            assertThat(state.logPosition()).isEqualTo(scene.state.logPosition());
            assertThat(state.epoch()).isEqualTo(1);
            assertThat(state.keys().floor()).isEqualTo(5 - recent);
            // The commit that began epoch 1 is the third entry.
            assertThat(state.keys().covers(1)).isEqualTo(recent >= 3);
            assertThat(state.keys().covers(0)).isEqualTo(recent == 5);
        }
    }

    @Test
    void loadedStateContinuesAsTheOriginal() {
        var next = (Decision.Append) scene.decide(application(ALICE, 1, "next"));
        var entry = next.entry().entry();

        assertThat(loaded(3).continuesWith(entry)).isTrue();
        assertThat(loaded(3).apply(entry).logPosition()).isEqualTo(next.next().logPosition());
    }

    @Test
    @DisplayName("I2: an entry of another history does not continue this one")
    void otherHistoryIsDetected() {
        var next = ((Decision.Append) scene.decide(application(ALICE, 1, "next"))).entry().entry();

        assertThat(scene.state.continuesWith(next)).isTrue();
        assertThat(scene.state.continuesWith(with(next, 7, next.head(), next.sha256()))).isFalse();
        assertThat(scene.state.continuesWith(with(next, 6, next.sha256(), next.sha256())))
                .isFalse();
        assertThat(scene.state.continuesWith(with(next, 6, next.head(), Bytes.EMPTY.sha256())))
                .isFalse();
    }

    private static LogEntry with(LogEntry entry, long position, Bytes head, Bytes sha256) {
        return new LogEntry(
                position,
                entry.kind(),
                entry.epoch(),
                entry.acceptedAtMillis(),
                entry.message(),
                sha256,
                head,
                RosterDelta.NONE);
    }

    @Test
    @DisplayName("I1: a second commit of an epoch does not continue a history, whoever stored it")
    void secondCommitInTheStoreIsDetected() {
        var other = new GroupStateFixture(GroupRules.DEFAULT);
        scene.log.stream().limit(2).forEach(e -> other.state = other.state.apply(e));
        var second = ((Decision.Append) other.decide(commit(ALICE, 0, "second"))).entry().entry();
        var placed =
                new LogEntry(
                        6,
                        second.kind(),
                        0,
                        0,
                        second.message(),
                        second.sha256(),
                        scene.state.headAfter(second.kind(), second.sha256()),
                        RosterDelta.NONE);

        assertThat(scene.state.continuesWith(placed)).isFalse();
    }

    @Test
    void snapshotThatContradictsItselfIsRefused() {
        var good = snapshot(3);
        var logPosition = good.tail().last();
        var otherHead =
                new GroupTail(
                        new LogPosition(
                                logPosition.incarnation(),
                                logPosition.position(),
                                Bytes.EMPTY.sha256()),
                        1,
                        1);
        assertThat(
                        GroupState.of(
                                GROUP,
                                with(good, otherHead, good.recent()),
                                GroupStateFixture.LIMITS))
                .isEmpty();
        var hole = new ArrayList<>(good.recent());
        hole.remove(1);
        assertThat(GroupState.of(GROUP, with(good, good.tail(), hole), GroupStateFixture.LIMITS))
                .isEmpty();
    }

    private static GroupSnapshot with(
            GroupSnapshot snapshot, GroupTail tail, List<LogEntry> recent) {
        return new GroupSnapshot(tail, snapshot.policy(), recent, snapshot.proposals());
    }

    @Test
    void tailThatWentBackOrDiffersIsAContradiction() {
        var state = scene.state;
        var logPosition = state.logPosition();

        assertThat(state.contradicts(state.tail())).isFalse();
        assertThat(state.contradicts(tail(logPosition.incarnation(), 6, Bytes.EMPTY))).isFalse();
        assertThat(state.contradicts(tail(logPosition.incarnation(), 4, Bytes.EMPTY))).isTrue();
        assertThat(state.contradicts(tail(logPosition.incarnation(), 5, Bytes.EMPTY))).isTrue();
        assertThat(state.contradicts(tail(Bytes.ofHex("ff"), 5, logPosition.head()))).isTrue();
        assertThat(state.contradicts(new GroupTail(logPosition, 2, 1))).isTrue();
    }

    private static GroupTail tail(Bytes incarnation, long position, Bytes head) {
        return new GroupTail(new LogPosition(incarnation, position, head), 1, 1);
    }

    @Test
    void memoryIsBoundedInCountAndBytes() {
        for (int i = 0; i < 100; i++) {
            scene.accept(application(ALICE, 1, "x".repeat(300) + i));
            assertThat(scene.state.recent().entries())
                    .hasSizeBetween(1, GroupStateFixture.LIMITS.recentEntriesMax());
            assertThat(scene.state.recent().bytes())
                    .isLessThanOrEqualTo(GroupStateFixture.LIMITS.recentBytesMax());
            assertThat(scene.state.keys().size())
                    .isLessThanOrEqualTo(GroupStateFixture.LIMITS.resendKeysMax());
        }
        scene.accept(application(ALICE, 1, "x".repeat(5000)));
        assertThat(scene.state.recent().entries()).hasSize(1);
    }
}
