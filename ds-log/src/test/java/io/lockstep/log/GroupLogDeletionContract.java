package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Part of [GroupLogContract]: the deletion of groups.
public interface GroupLogDeletionContract {
    MemberId CREATOR = GroupWriter.member("creator");

    /// The log under test; the same for the whole of one test.
    GroupLog log();

    @Test
    @DisplayName("I8: nothing can be read of a deleted group, and nothing appended to it")
    default void nothingIsLeftOfADeletedGroup() {
        var writer = GroupWriter.create(log());
        writer.append(
                writer.application("one"),
                writer.bundle(
                        "two",
                        RosterDelta.NONE,
                        GroupWriter.text("welcome"),
                        GroupWriter.text("info")));
        var group = writer.group();

        assertThat(delete(writer, new DeleteCondition.OnlyUser(CREATOR)))
                .isEqualTo(DeleteOutcome.DELETED);

        assertThat(log().tail(group).blockOptional(GroupWriter.PATIENCE)).isEmpty();
        assertThat(log().load(group, 10).blockOptional(GroupWriter.PATIENCE)).isEmpty();
        assertThat(log().policy(group).block(GroupWriter.PATIENCE)).isEmpty();
        assertThat(log().groupInfo(group).block(GroupWriter.PATIENCE)).isEmpty();
        assertThat(log().membership(group, CREATOR).block(GroupWriter.PATIENCE)).isEmpty();
        assertThat(
                        log().hasDeviceOf(group, GroupWriter.owner("creator"))
                                .block(GroupWriter.PATIENCE))
                .isFalse();
        assertThat(log().pendingWelcomes(group).block(GroupWriter.PATIENCE)).isEmpty();
        assertThat(log().read(group, 0, 10, 1_000).block(GroupWriter.PATIENCE))
                .isEqualTo(new ReadOutcome.LogMissing());
        assertThat(
                        log().find(group, 0, GroupWriter.text("one").sha256())
                                .block(GroupWriter.PATIENCE))
                .isEmpty();
        assertThat(writer.append(writer.application("late")))
                .isEqualTo(new AppendOutcome.GroupMissing());
    }

    @Test
    default void aDeletionIsRememberedForItsIncarnation() {
        var writer = GroupWriter.create(log());
        var incarnation = writer.logPosition().incarnation();
        assertThat(isDeleted(writer, incarnation)).isFalse();

        delete(writer, new DeleteCondition.SameIncarnation(incarnation));

        assertThat(isDeleted(writer, incarnation)).isTrue();
        assertThat(isDeleted(writer, incarnation.sha256().slice(0, 16))).isFalse();
        assertThat(isDeleted(GroupWriter.create(log()), incarnation)).isFalse();
    }

    @Test
    default void aGroupWithMembersOfOtherUsersIsNotDeleted() {
        var writer = GroupWriter.create(log());
        add(writer, "bob", "bob");

        assertThat(delete(writer, new DeleteCondition.OnlyUser(CREATOR)))
                .isEqualTo(DeleteOutcome.OTHER_USERS);
        assertThat(tail(writer)).isPresent();
        assertThat(isDeleted(writer, writer.logPosition().incarnation())).isFalse();
    }

    @Test
    default void aGroupWhoseMembersAreDevicesOfOneUserIsDeleted() {
        var writer = GroupWriter.create(log());
        add(writer, "second device", "creator");
        add(writer, "bob", "bob");
        remove(writer, "bob");

        assertThat(delete(writer, new DeleteCondition.OnlyUser(GroupWriter.member("bob"))))
                .isEqualTo(DeleteOutcome.NOT_A_MEMBER);
        assertThat(delete(writer, new DeleteCondition.OnlyUser(GroupWriter.member("nobody"))))
                .isEqualTo(DeleteOutcome.NOT_A_MEMBER);
        assertThat(
                        delete(
                                writer,
                                new DeleteCondition.OnlyUser(GroupWriter.member("second device"))))
                .isEqualTo(DeleteOutcome.DELETED);
    }

    @Test
    default void anotherIncarnationIsNotDeleted() {
        var writer = GroupWriter.create(log());
        var other = writer.logPosition().incarnation().sha256().slice(0, 16);

        assertThat(delete(writer, new DeleteCondition.SameIncarnation(other)))
                .isEqualTo(DeleteOutcome.ANOTHER_INCARNATION);
        assertThat(tail(writer)).isPresent();
    }

    @Test
    default void aGroupThatDoesNotExistIsMissingAndASecondDeletionChangesNothing() {
        var writer = GroupWriter.create(log());
        var condition = new DeleteCondition.OnlyUser(CREATOR);
        assertThat(delete(writer, condition)).isEqualTo(DeleteOutcome.DELETED);

        assertThat(delete(writer, condition)).isEqualTo(DeleteOutcome.GROUP_MISSING);
        assertThat(isDeleted(writer, writer.logPosition().incarnation())).isTrue();
    }

    @Test
    default void aDeletedGroupIsCreatedAgainUnderAnotherIncarnation() {
        var writer = GroupWriter.create(log());
        add(writer, "second device", "creator");
        var late = writer.twin(log());
        delete(writer, new DeleteCondition.OnlyUser(CREATOR));
        var incarnation = writer.logPosition().incarnation().sha256().slice(0, 16);
        var made =
                new NewGroup(
                        incarnation,
                        7,
                        GroupRules.DEFAULT,
                        CREATOR,
                        GroupWriter.owner("creator"),
                        Bytes.EMPTY);

        assertThat(log().create(writer.group(), made).block(GroupWriter.PATIENCE))
                .isInstanceOf(CreateOutcome.Created.class);

        var tail = tail(writer).orElseThrow();
        assertThat(tail.last().incarnation()).isEqualTo(incarnation);
        assertThat(tail.last().position()).isZero();
        assertThat(
                        log().membership(writer.group(), GroupWriter.member("second device"))
                                .block(GroupWriter.PATIENCE))
                .isEmpty();
        assertThat(late.append(late.application("of the deleted group")))
                .isEqualTo(new AppendOutcome.Diverged(tail));
        assertThat(isDeleted(writer, incarnation)).isFalse();
        assertThat(isDeleted(writer, late.logPosition().incarnation())).isTrue();
    }

    @Test
    default void aFollowerOfADeletedGroupIsToldThatItIsGone() {
        var writer = GroupWriter.create(log());
        var end = log().follow(writer.group()).then().toFuture();

        delete(writer, new DeleteCondition.OnlyUser(CREATOR));

        assertThat(end).succeedsWithin(GroupWriter.PATIENCE);
    }

    // PROTOCOL R-DELETE-6
    @Test
    default void aGroupWithoutMembersIsSweptAwayAfterItsRetention() {
        var writer = GroupWriter.create(log(), GroupLogSweepContract.ONE_SECOND);
        var left = GroupWriter.create(log(), GroupLogSweepContract.ONE_SECOND);
        writer.at(System.currentTimeMillis() - 50_000);
        remove(writer, "creator");

        long end = System.nanoTime() + GroupWriter.PATIENCE.toNanos();
        while (tail(writer).isPresent() && System.nanoTime() < end) {
            log().sweep(100).block(GroupWriter.PATIENCE);
        }

        assertThat(tail(writer)).isEmpty();
        assertThat(isDeleted(writer, writer.logPosition().incarnation())).isTrue();
        assertThat(tail(left)).isPresent();
    }

    private void add(GroupWriter writer, String member, String owner) {
        var change =
                new RosterDelta(
                        Map.of(GroupWriter.member(member), GroupWriter.owner(owner)), Set.of());
        writer.append(List.of(writer.bundle("adds " + member, change, Bytes.EMPTY, Bytes.EMPTY)));
    }

    private void remove(GroupWriter writer, String member) {
        var change = new RosterDelta(Map.of(), Set.of(GroupWriter.member(member)));
        writer.append(
                List.of(writer.bundle("removes " + member, change, Bytes.EMPTY, Bytes.EMPTY)));
    }

    private DeleteOutcome delete(GroupWriter writer, DeleteCondition condition) {
        return log().delete(writer.group(), condition)
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private boolean isDeleted(GroupWriter writer, Bytes incarnation) {
        return log().isDeleted(writer.group(), incarnation)
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private Optional<GroupTail> tail(GroupWriter writer) {
        return log().tail(writer.group()).blockOptional(GroupWriter.PATIENCE);
    }
}
