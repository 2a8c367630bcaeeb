package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogEntry;
import io.lockstep.log.MemberId;
import io.lockstep.log.PartContent;
import io.lockstep.log.RosterDelta;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Which acknowledgement of a provisional commit a node reports.
class ProvisionalWatchTest {
    private static final MemberId ALICE = GroupWriter.member("alice");
    private static final MemberId BOB = GroupWriter.member("bob");
    private static final MemberId CAROL = GroupWriter.member("carol");

    private final ProvisionalWatch watch = new ProvisionalWatch();

    // PROTOCOL R-VOID-2
    @Test
    void oneAcknowledgementOfAnotherMemberIsReported() {
        watch.saw(commit(1));
        assertThat(watch.takes(ALICE, 1)).isFalse();
        assertThat(watch.takes(BOB, 0)).isFalse();
        assertThat(watch.takes(BOB, 1)).isTrue();
        assertThat(watch.takes(CAROL, 2)).isFalse();
    }

    // PROTOCOL R-VOID-2
    @Test
    void whoRejectedACommitDoesNotTakeTheReportOfOthers() {
        watch.saw(commit(1));
        watch.saw(rejection(2, 1, BOB));
        assertThat(watch.takes(BOB, 2)).isFalse();
        assertThat(watch.takes(CAROL, 1)).isTrue();
    }

    /// The acknowledgement overtakes the notice of the rejection.
    @Test
    void aReportThatConfirmsNothingIsMadeUpFor() {
        watch.saw(commit(1));
        assertThat(watch.takes(BOB, 2)).isTrue();
        watch.saw(rejection(2, 1, BOB));
        assertThat(watch.takes(CAROL, 2)).isTrue();
        assertThat(watch.takes(CAROL, 3)).isFalse();
    }

    private static LogEntry commit(long position) {
        return entry(position, EntryKind.COMMIT, GroupWriter.text("commit " + position), ALICE);
    }

    private static LogEntry rejection(long position, long of, MemberId by) {
        var event = new ControlEvent.Rejected(of, "junk");
        return entry(position, EntryKind.CONTROL, event.encode(), by);
    }

    private static LogEntry entry(long position, EntryKind kind, Bytes message, MemberId author) {
        return new LogEntry(
                position,
                kind,
                position,
                1,
                new PartContent.Inline(message),
                message.sha256(),
                Bytes.EMPTY,
                RosterDelta.NONE,
                List.of(),
                Optional.of(author),
                0);
    }
}
