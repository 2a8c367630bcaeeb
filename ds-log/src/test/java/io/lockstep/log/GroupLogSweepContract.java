package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Part of [GroupLogContract]: the sweep of groups that nobody uses.
public interface GroupLogSweepContract {
    GroupRules ONE_SECOND = GroupRules.DEFAULT.withRetention(Duration.ofSeconds(1));

    /// The log under test; the same for the whole of one test.
    GroupLog log();

    @Test
    @DisplayName("I8: expired entries of a group that nobody uses are deleted")
    default void expiredEntriesOfAGroupThatNobodyUsesAreDeleted() {
        var writer = GroupWriter.create(log(), ONE_SECOND);
        expired(writer, 10);

        sweepUntil(() -> tail(writer).firstRetained() == 10);

        assertThat(tail(writer).last()).isEqualTo(writer.logPosition());
    }

    @Test
    default void aGroupWhoseEntriesAreYoungerThanItsRetentionIsLeft() {
        var expiring = GroupWriter.create(log(), ONE_SECOND);
        var writer = GroupWriter.create(log());
        expired(expiring, 3);
        expired(writer, 3);

        sweepUntil(() -> tail(expiring).firstRetained() == 3);

        assertThat(tail(writer).firstRetained()).isEqualTo(1);
    }

    @Test
    default void aSweepTakesNoMoreStepsThanItIsGiven() {
        for (int i = 0; i < 24; i++) {
            var writer = GroupWriter.create(log(), ONE_SECOND);
            writer.append(writer.application("the only one"));
        }
        var last = GroupWriter.create(log(), ONE_SECOND);
        expired(last, 2);

        long end = System.nanoTime() + GroupWriter.PATIENCE.toNanos();
        int swept = 0;
        while (tail(last).firstRetained() == 1 && System.nanoTime() < end) {
            var outcome = sweep(3);
            swept += outcome.groups();
            assertThat(outcome.groups()).isLessThanOrEqualTo(3);
        }
        assertThat(tail(last).firstRetained()).isEqualTo(2);
        assertThat(swept).isPositive();
    }

    private static void expired(GroupWriter writer, int count) {
        writer.at(System.currentTimeMillis() - 50_000);
        var entries = new ArrayList<NewEntry>();
        for (int i = 0; i < count; i++) {
            entries.add(writer.application("expired " + i));
        }
        writer.append(entries);
    }

    private void sweepUntil(BooleanSupplier done) {
        long end = System.nanoTime() + GroupWriter.PATIENCE.toNanos();
        while (!done.getAsBoolean()) {
            assertThat(System.nanoTime()).as("patience").isLessThan(end);
            sweep(100);
        }
    }

    private SweepOutcome sweep(int stepsMax) {
        return log().sweep(stepsMax).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    private GroupTail tail(GroupWriter writer) {
        return log().tail(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }
}
