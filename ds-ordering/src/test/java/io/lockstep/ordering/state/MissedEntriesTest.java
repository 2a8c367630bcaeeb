package io.lockstep.ordering.state;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.CAROL;
import static io.lockstep.ordering.actor.TestAuthors.adding;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.proposal;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupRules;
import io.lockstep.log.LogEntry;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The refusal resolves the conflict: it contains what the loser needs to rebase, and no more.
class MissedEntriesTest {
    private final GroupStateFixture scene =
            new GroupStateFixture(GroupRules.DEFAULT, new GroupStateLimits(4, 100, 64), 0);

    private MissedEntries by(Submission submission) {
        scene.know(submission);
        return MissedEntries.by(scene.state, submission);
    }

    private MissedEntries.Resident told(Submission submission) {
        return (MissedEntries.Resident) by(submission);
    }

    private static List<Long> positions(MissedEntries.Resident told) {
        return told.entries().stream().map(LogEntry::position).toList();
    }

    private static Submission.CommitSubmission loser(long epoch, long knownPosition) {
        return commit(ALICE, epoch, "loser", RosterDelta.NONE, knownPosition);
    }

    // PROTOCOL R-REFUSED-3
    @Test
    void everythingAfterTheKnownPosition() {
        scene.accept(application(ALICE, 0, "known"));
        scene.accept(application(ALICE, 0, "m"));
        scene.accept(commit(ALICE, 0, "winner"));

        var told = told(loser(0, 1));

        assertThat(positions(told)).containsExactly(2L, 3L);
        assertThat(told.all()).isTrue();
    }

    // PROTOCOL R-REFUSED-3
    @Test
    void withoutKnownPositionFromTheWinnerOn() {
        scene.accept(application(ALICE, 0, "m"));
        scene.accept(commit(ALICE, 0, "winner"));
        scene.accept(application(ALICE, 1, "after"));

        var told = told(loser(0, 0));

        assertThat(positions(told)).containsExactly(2L, 3L);
        assertThat(told.all()).isTrue();
        assertThat(positions(told(proposal(ALICE, 0, "p")))).containsExactly(2L, 3L);
    }

    @Test
    void positionAheadOfTheLogCountsAsNotTold() {
        scene.accept(commit(ALICE, 0, "winner"));

        assertThat(positions(told(loser(0, 99)))).containsExactly(1L);
    }

    // PROTOCOL R-REFUSED-3
    @Test
    void authorAtTheTailHasMissedNothing() {
        scene.accept(commit(ALICE, 0, "winner"));

        var told = told(loser(0, 1));

        assertThat(told.entries()).isEmpty();
        assertThat(told.all()).isTrue();
    }

    @Test
    void entriesThatAreNotInMemoryAreReadFromTheLog() {
        for (int i = 0; i < 6; i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }
        scene.accept(commit(ALICE, 0, "winner"));

        assertThat(by(loser(0, 1))).isEqualTo(new MissedEntries.ReadAfter(1));
    }

    // PROTOCOL R-REFUSED-3
    @Test
    void winnerBeyondMemoryWithoutKnownPositionGivesTheTailOnly() {
        scene.accept(commit(ALICE, 0, "winner"));
        for (int i = 0; i < 6; i++) {
            scene.accept(application(ALICE, 1, "m" + i));
        }

        assertThat(by(loser(0, 0))).isEqualTo(MissedEntries.NOTHING);
        assertThat(MissedEntries.NOTHING.all()).isFalse();
    }

    // PROTOCOL R-REFUSED-3
    @Test
    @DisplayName("I9: a joiner gets no entries from before it joined")
    void boundedByWhatTheAuthorMaySee() {
        scene.accept(application(ALICE, 0, "before Bob"));
        scene.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        scene.accept(commit(ALICE, 1, "winner"));

        var told = told(commit(BOB, 0, "loser", RosterDelta.NONE, 0));

        assertThat(positions(told)).containsExactly(3L);
        assertThat(by(commit(CAROL, 0, "outsider"))).isEqualTo(MissedEntries.NOTHING);
    }

    // PROTOCOL R-REFUSED-3
    @Test
    void boundedInCount() {
        for (int i = 0; i < 6; i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }

        var told = MissedEntries.bounded(scene.log, 6, Long.MAX_VALUE, scene.state.limits());

        assertThat(positions(told)).containsExactly(1L, 2L, 3L, 4L);
        assertThat(told.all()).isFalse();
    }

    // PROTOCOL R-REFUSED-3
    @Test
    void boundedInBytesButAtLeastOne() {
        scene.accept(application(ALICE, 0, "x".repeat(500)));
        scene.accept(application(ALICE, 0, "y"));

        var told = MissedEntries.bounded(scene.log, 2, Long.MAX_VALUE, scene.state.limits());

        assertThat(positions(told)).containsExactly(1L);
        assertThat(told.all()).isFalse();
    }

    @Test
    @DisplayName("I9: a page read for a removed member ends with the commit that removed it")
    void boundedByTheLastVisiblePosition() {
        for (int i = 0; i < 4; i++) {
            scene.accept(application(ALICE, 0, "m" + i));
        }

        var told = MissedEntries.bounded(scene.log, 4, 2, scene.state.limits());

        assertThat(positions(told)).containsExactly(1L, 2L);
        assertThat(told.all()).isTrue();
    }
}
