package io.lockstep.fanout.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.GapReason;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.UserPseudonym;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import org.junit.jupiter.api.Test;

/// Tests where deliveries begin, in a log of positions 4 to 10, incarnation `aa…`.
class AttachDecisionTest {
    private static final GroupId GROUP = new GroupId(Bytes.ofHex("01"));
    private static final Bytes LIFE = Bytes.ofHex("aa".repeat(16));
    private static final Bytes HEAD = Bytes.ofHex("bb".repeat(32));
    private static final Bytes OTHER = Bytes.ofHex("cc".repeat(32));
    private static final GroupTail TAIL = new GroupTail(new LogPosition(LIFE, 10, HEAD), 3, 4);
    private static final UserPseudonym OWNER = new UserPseudonym(Bytes.ofHex("00".repeat(16)));
    private static final Membership SINCE_START = new Membership(OWNER, 1, Membership.OPEN);
    private static final Membership SINCE_6 = new Membership(OWNER, 6, Membership.OPEN);
    private static final Membership FROM_2_TO_8 = new Membership(OWNER, 2, 8);

    // PROTOCOL R-ATTACH-2
    @Test
    void aClientWithoutHistoryBeginsAtTheFirstRetainedEntryThatItMaySee() {
        assertThat(decide(Bytes.EMPTY, 9, OTHER, SINCE_START)).isEqualTo(after(3));
        assertThat(decide(Bytes.EMPTY, 9, OTHER, SINCE_6)).isEqualTo(after(5));
    }

    // PROTOCOL R-ATTACH-1 R-CURSOR-4
    @Test
    void aCursorContinuesAfterItsPositionButNotBeforeItsMembership() {
        assertThat(decide(LIFE, 7, Bytes.EMPTY, SINCE_START)).isEqualTo(after(7));
        assertThat(decide(LIFE, 7, Bytes.EMPTY, SINCE_6)).isEqualTo(after(7));
        assertThat(decide(LIFE, 1, Bytes.EMPTY, SINCE_6)).isEqualTo(after(5));
        assertThat(decide(LIFE, 3, Bytes.EMPTY, SINCE_START)).isEqualTo(after(3));
    }

    @Test
    void aCursorBeforeTheFirstRetainedIsAGap() {
        assertThat(decide(LIFE, 2, Bytes.EMPTY, SINCE_START)).isEqualTo(gap(GapReason.TRIMMED));
    }

    // PROTOCOL R-ATTACH-9
    @Test
    void aHeadIsCheckedWhereItCanBe() {
        assertThat(decide(LIFE, 10, HEAD, SINCE_START)).isEqualTo(after(10));
        assertThat(decide(LIFE, 10, OTHER, SINCE_START)).isEqualTo(gap(GapReason.OTHER_HISTORY));
        assertThat(decide(LIFE, 7, HEAD, SINCE_START))
                .isEqualTo(new AttachDecision.StartAfterCheck(7, HEAD, 7));
        assertThat(decide(LIFE, 3, HEAD, SINCE_6))
                .isEqualTo(new AttachDecision.StartAfterCheck(3, HEAD, 5));
        assertThat(decide(LIFE, 2, HEAD, SINCE_6)).as("no longer retained").isEqualTo(after(5));
    }

    // PROTOCOL R-ATTACH-9
    @Test
    void theHeadBeforeTheFirstEntryIsKnown() {
        var young = new GroupTail(new LogPosition(LIFE, 10, HEAD), 3, 1);
        var first = GroupHead.first(GROUP, LIFE);
        assertThat(AttachDecision.of(request(LIFE, 0, first), SINCE_START, 10, young))
                .isEqualTo(after(0));
        assertThat(AttachDecision.of(request(LIFE, 0, OTHER), SINCE_START, 10, young))
                .isEqualTo(gap(GapReason.OTHER_HISTORY));
    }

    @Test
    void anotherIncarnationIsAGap() {
        assertThat(decide(Bytes.ofHex("dd".repeat(16)), 7, HEAD, SINCE_START))
                .isEqualTo(gap(GapReason.OTHER_INCARNATION));
    }

    @Test
    void aPositionAfterTheTailMustBeComparedAgain() {
        assertThat(decide(LIFE, 11, HEAD, SINCE_START)).isEqualTo(new AttachDecision.AheadOfTail());
    }

    @Test
    void aPositionAfterTheMembershipsPositionNeedsANewRead() {
        assertThat(AttachDecision.of(request(LIFE, 7, HEAD), SINCE_START, 6, TAIL))
                .isEqualTo(new AttachDecision.MembershipTooOld());
    }

    @Test
    void aFormerMemberIsAdmittedOnlyForEntriesThatItHasNotSeen() {
        assertThat(decide(LIFE, 7, Bytes.EMPTY, FROM_2_TO_8)).isEqualTo(after(7));
        assertThat(decide(LIFE, 8, Bytes.EMPTY, FROM_2_TO_8))
                .isEqualTo(new AttachDecision.MemberRemoved());
        assertThat(decide(LIFE, 99, Bytes.EMPTY, FROM_2_TO_8))
                .isEqualTo(new AttachDecision.MemberRemoved());
        assertThat(decide(OTHER, 2, Bytes.EMPTY, FROM_2_TO_8))
                .isEqualTo(new AttachDecision.MemberRemoved());
    }

    private static AttachDecision decide(
            Bytes incarnation, long position, Bytes head, Membership membership) {
        return AttachDecision.of(request(incarnation, position, head), membership, 10, TAIL);
    }

    private static AttachRequest request(Bytes incarnation, long position, Bytes head) {
        var member = new MemberId(Bytes.ofHex("ee".repeat(16)));
        return new AttachRequest(GROUP, member, 1, incarnation, position, head, 0);
    }

    private static AttachDecision after(long position) {
        return new AttachDecision.StartAfter(position);
    }

    private static AttachDecision gap(GapReason reason) {
        return new AttachDecision.ReportGap(reason);
    }
}
