package io.lockstep.server.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.Departures;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupTroubles;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.log.Succession;
import io.lockstep.log.Trouble;
import io.lockstep.log.TroubleKind;
import io.lockstep.server.groups.GroupHealth.Reason;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GroupHealthTest {
    private static final long NOW = Duration.ofDays(20_000).toMillis();
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final GroupId GROUP = new GroupId(Bytes.wrap(new byte[] {1}));
    private static final GroupTroubles NONE = GroupTroubles.NONE;

    private static GroupSnapshot group(long epoch, ProvisionalCommit... provisional) {
        return group(epoch, Succession.UNKNOWN, 0, provisional);
    }

    private static GroupSnapshot group(
            long epoch, Succession succession, long frozenAt, ProvisionalCommit... provisional) {
        var incarnation = Bytes.wrap(new byte[GroupHead.INCARNATION_BYTES]);
        var last = new LogPosition(incarnation, 9, Bytes.wrap(new byte[GroupHead.BYTES]));
        return new GroupSnapshot(
                new GroupTail(last, epoch, 1),
                GroupRules.DEFAULT,
                List.of(),
                List.of(),
                new ProvisionalCommits(List.of(provisional), 0, 2),
                succession,
                frozenAt,
                Departures.NONE);
    }

    private static ProvisionalCommit commit(long epoch, long ageMillis, MemberId... rejectedBy) {
        return new ProvisionalCommit(
                epoch + 1,
                epoch,
                NOW - ageMillis,
                new MemberId(0, 1),
                false,
                RosterDelta.NONE,
                List.of(),
                Set.of(rejectedBy));
    }

    private static Optional<StoredGroupInfo> info(long epoch) {
        return Optional.of(new StoredGroupInfo(epoch, Bytes.wrap(new byte[] {1})));
    }

    private static Set<Reason> health(
            GroupSnapshot snapshot, Optional<StoredGroupInfo> info, GroupTroubles troubles) {
        return GroupHealth.of(snapshot, info, troubles, NOW);
    }

    @Test
    void aGroupWithoutTroublesIsHealthy() {
        assertThat(health(group(3), info(3), NONE)).isEmpty();
        assertThat(health(group(3), Optional.empty(), NONE)).isEmpty();
        assertThat(health(group(3, commit(2, 30 * HOUR)), info(3), NONE))
                .as("the others are away")
                .isEmpty();
    }

    @Test
    void aRejectedCommitBreaksUntilItIsVoidOrConfirmed() {
        var rejected = commit(2, 1_000, new MemberId(0, 2));
        assertThat(health(group(3, rejected), info(3), NONE)).containsExactly(Reason.REJECTED);
        assertThat(health(group(3), info(3), NONE.with(trouble(TroubleKind.REJECTION, 3), NOW)))
                .isEmpty();
    }

    @Test
    void anUnconfirmedCommitBreaksAGroupThatHadTroubles() {
        var troubles = NONE.with(trouble(TroubleKind.REJOIN, 2), NOW - 30 * HOUR);
        assertThat(health(group(3, commit(2, 25 * HOUR)), info(3), troubles))
                .containsExactly(Reason.UNCONFIRMED);
        assertThat(health(group(3, commit(2, 23 * HOUR)), info(3), troubles)).isEmpty();
    }

    @Test
    void aGroupInfoBreaksWhenItHasBeenStaleForAnHour() {
        var stale = NONE.with(trouble(TroubleKind.STALE_GROUP_INFO, 3), NOW - HOUR);
        assertThat(health(group(3), info(2), stale)).containsExactly(Reason.GROUP_INFO_STALE);
        assertThat(health(group(3), info(3), stale)).as("a commit brought one").isEmpty();
        var young = NONE.with(trouble(TroubleKind.STALE_GROUP_INFO, 3), NOW - HOUR + 1);
        assertThat(health(group(3), info(2), young)).isEmpty();
        var again = stale.with(trouble(TroubleKind.STALE_GROUP_INFO, 4), NOW);
        assertThat(health(group(4), info(2), again)).containsExactly(Reason.GROUP_INFO_STALE);
        var later = stale.with(trouble(TroubleKind.STALE_GROUP_INFO, 9), NOW);
        assertThat(health(group(9), info(8), later)).as("current in between").isEmpty();
    }

    @Test
    void aVoidBreaksUntilALaterCommitIsConfirmedWithACurrentGroupInfo() {
        var voided = NONE.with(trouble(TroubleKind.VOID, 3), NOW - HOUR);
        assertThat(health(group(3), info(3), voided)).containsExactly(Reason.VOIDED);
        assertThat(health(group(4, commit(3, HOUR)), info(4), voided))
                .as("the next commit is provisional")
                .containsExactly(Reason.VOIDED);
        assertThat(health(group(4), info(3), voided))
                .as("its GroupInfo is missing")
                .containsExactly(Reason.VOIDED);
        assertThat(health(group(4), info(4), voided)).isEmpty();
        assertThat(health(group(5, commit(4, HOUR)), info(5), voided)).isEmpty();
        var old = NONE.with(trouble(TroubleKind.VOID, 3), NOW - 24 * HOUR);
        assertThat(health(group(3), info(3), old)).isEmpty();
    }

    @Test
    void aFrozenGroupIsBrokenAndAnEndedOneIsNot() {
        assertThat(health(group(3, Succession.UNKNOWN, 7), info(3), NONE))
                .containsExactly(Reason.FROZEN);
        var ended = Succession.UNKNOWN.endedFor(GROUP);
        assertThat(health(group(3, ended, 7, commit(2, 30 * HOUR)), info(1), NONE)).isEmpty();
    }

    private static Trouble trouble(TroubleKind kind, long epoch) {
        return new Trouble(kind, epoch);
    }
}
