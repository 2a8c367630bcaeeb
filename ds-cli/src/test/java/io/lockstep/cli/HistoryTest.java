package io.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.cli.History.Entry;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
    private static final GroupId GROUP = new GroupId(Bytes.ofHex("01"));

    @TempDir private Path folder;

    private static Entry entry(long position, String text) {
        return new Entry(position, 1, 0, "bob/phone", text);
    }

    @Test
    void anEntryDeliveredAgainAfterACrashIsNotDuplicated() {
        new History(folder).append(GROUP, entry(7, "seven"));
        var next = new History(folder);
        next.append(GROUP, entry(7, "seven"));
        next.append(GROUP, entry(8, "eight"));
        assertThat(next.read(GROUP, 0).entries())
                .extracting(Entry::position)
                .containsExactly(7L, 8L);
    }

    @Test
    void aReaderContinuesWhereItEnded() {
        var history = new History(folder);
        history.append(GROUP, entry(1, "one"));
        var first = history.read(GROUP, 0);
        history.append(GROUP, entry(2, "zwei – 二"));
        assertThat(history.read(GROUP, first.end()).entries())
                .containsExactly(entry(2, "zwei – 二"));
    }

    @Test
    void aHistoryThatBeginsAgainMayBeginLower() {
        var history = new History(folder);
        history.append(GROUP, entry(9, "nine"));
        history.begin(GROUP, entry(3, "again"));
        history.append(GROUP, entry(4, "four"));
        assertThat(history.read(GROUP, 0).entries())
                .extracting(Entry::position)
                .containsExactly(9L, 3L, 4L);
    }

    @Test
    void textOfOthersCannotMoveTheTerminalCursor() {
        assertThat(entry(1, "a\u001b[2Jb\nc").line())
                .isEqualTo("[1] bob/phone: a\uFFFD[2Jb\uFFFDc");
    }
}
