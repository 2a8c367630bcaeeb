package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.log.TroubledGroups.TroubledGroup;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Part of [GroupLogContract]: the register of troubled groups.
public interface GroupLogTroubleContract {
    /// The log under test; the same for the whole of one test.
    GroupLog log();

    @Test
    default void troublesAreCountedByKind() {
        var writer = GroupWriter.create(log());
        assertThat(troubles(writer)).isEqualTo(GroupTroubles.NONE);

        long before = System.currentTimeMillis();
        note(writer, new Trouble(TroubleKind.REJECTION, 4));
        note(
                writer,
                new Trouble(TroubleKind.REJECTION, 3),
                new Trouble(TroubleKind.VOID, 3),
                new Trouble(TroubleKind.REJOIN, 4));
        note(writer, new Trouble(TroubleKind.FREEZE, 4));

        var counted = troubles(writer);
        assertThat(counted.count(TroubleKind.REJECTION)).isEqualTo(2);
        assertThat(counted.count(TroubleKind.VOID)).isEqualTo(1);
        assertThat(counted.count(TroubleKind.REJOIN)).isEqualTo(1);
        assertThat(counted.count(TroubleKind.FREEZE)).isEqualTo(1);
        assertThat(counted.count(TroubleKind.STALE_GROUP_INFO)).isZero();
        assertThat(counted.voidedToEpoch()).isEqualTo(3);
        assertThat(counted.voidedAtMillis()).isBetween(before - 1_000, before + 60_000);
        assertThat(counted.lastMillis()).isGreaterThanOrEqualTo(counted.voidedAtMillis());
    }

    @Test
    default void aGroupInfoIsStaleSinceTheFirstCommitWithoutOne() {
        var writer = GroupWriter.create(log());
        note(writer, new Trouble(TroubleKind.STALE_GROUP_INFO, 1));
        assertThat(troubles(writer)).as("none is stored").isEqualTo(GroupTroubles.NONE);

        file(writer);
        note(writer, new Trouble(TroubleKind.STALE_GROUP_INFO, 1));
        var first = troubles(writer);
        assertThat(first.staleSinceMillis()).isPositive();
        note(writer, new Trouble(TroubleKind.STALE_GROUP_INFO, 2));
        var second = troubles(writer);
        assertThat(second.staleSinceMillis()).isEqualTo(first.staleSinceMillis());
        assertThat(second.staleEpoch()).isEqualTo(2);
        assertThat(second.count(TroubleKind.STALE_GROUP_INFO)).isEqualTo(2);

        file(writer);
        assertThat(troubles(writer).staleSinceMillis()).isZero();
        assertThat(troubles(writer).count(TroubleKind.STALE_GROUP_INFO)).isEqualTo(2);
    }

    @Test
    default void theRegisterIsReadPageByPageTheLatestFirst() {
        var groups = new ArrayList<GroupId>();
        for (int i = 0; i < 7; i++) {
            var writer = GroupWriter.create(log());
            note(writer, new Trouble(TroubleKind.REJECTION, 1));
            groups.add(writer.group());
        }

        var found = new ArrayList<TroubledGroup>();
        var cursor = "";
        do {
            var page = page(cursor, 3);
            assertThat(page.groups()).hasSizeLessThanOrEqualTo(3);
            found.addAll(page.groups());
            cursor = page.next().orElse("");
        } while (!cursor.isEmpty());

        assertThat(found.stream().map(TroubledGroup::group).filter(groups::contains))
                .containsExactlyInAnyOrderElementsOf(groups);
        assertThat(found.stream().map(group -> -group.troubles().lastMillis())).isSorted();
        assertThatThrownBy(() -> page("nonsense", 3)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("I8: a deleted group leaves the register, and cannot enter it")
    default void aDeletedGroupIsNotInTheRegister() {
        var writer = GroupWriter.create(log());
        note(writer, new Trouble(TroubleKind.REJECTION, 1));
        assertThat(all()).contains(writer.group());

        log().delete(
                        writer.group(),
                        new DeleteCondition.SameIncarnation(writer.logPosition().incarnation()))
                .block(GroupWriter.PATIENCE);
        assertThat(all()).doesNotContain(writer.group());
        note(writer, new Trouble(TroubleKind.REJECTION, 1));
        assertThat(all()).doesNotContain(writer.group());
        assertThat(troubles(writer)).isEqualTo(GroupTroubles.NONE);
    }

    private List<GroupId> all() {
        return page("", 10_000).groups().stream().map(TroubledGroup::group).toList();
    }

    private TroubledGroups page(String after, int countMax) {
        return log().troubledGroups(after, countMax)
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private void note(GroupWriter writer, Trouble... troubles) {
        log().noteTroubles(writer.group(), List.of(troubles)).block(GroupWriter.PATIENCE);
    }

    private GroupTroubles troubles(GroupWriter writer) {
        return log().troubles(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    private void file(GroupWriter writer) {
        assertThat(
                        log().fileGroupInfo(
                                        writer.group(),
                                        writer.logPosition().incarnation(),
                                        0,
                                        new StoredGroupInfo(0, GroupWriter.text("info")))
                                .block(GroupWriter.PATIENCE))
                .isEqualTo(new GroupInfoOutcome.Filed());
    }
}
