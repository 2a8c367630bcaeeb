package io.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCursorStoreTest {
    private static final GroupId ROOM =
            new GroupId(Bytes.wrap("room".getBytes(StandardCharsets.US_ASCII)));
    private static final Bytes INCARNATION = Bytes.ofHex("000102030405060708090a0b0c0d0e0f");

    @TempDir private Path folder;

    private static LogCursor at(long position) {
        return new LogCursor(ROOM, INCARNATION, position, message(position).sha256());
    }

    private static Bytes message(long position) {
        return Bytes.wrap(Long.toString(position).getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void aCursorOutlivesTheStore() {
        new FileCursorStore(folder, true).save(at(7));
        assertThat(new FileCursorStore(folder, true).load(ROOM)).contains(at(7));
    }

    @Test
    void aCursorWithoutAHeadIsLoadedWithoutAHead() {
        var cursor = new LogCursor(ROOM, INCARNATION, 3, Bytes.EMPTY);
        var store = new FileCursorStore(folder, false);
        store.save(cursor);
        assertThat(store.load(ROOM)).contains(cursor);
    }

    @Test
    void unknownAndForgottenGroupsHaveNoCursor() {
        var store = new FileCursorStore(folder, false);
        assertThat(store.load(ROOM)).isEmpty();
        store.save(at(1));
        store.forget(ROOM);
        assertThat(store.load(ROOM)).isEmpty();
    }

    @Test
    void aReaderNeverSeesATornCursor() {
        var store = new FileCursorStore(folder, false);
        store.save(at(1));
        var writer =
                CompletableFuture.runAsync(() -> {
                    for (int i = 2; i < 1_000; i++) {
                        store.save(at(i));
                    }
                });
        do {
            var cursor = store.load(ROOM).orElseThrow();
            assertThat(cursor).isEqualTo(at(cursor.position()));
        } while (!writer.isDone());
        writer.join();
    }

    @Test
    void aCrashBeforeTheRenameLeavesTheOldCursor() throws IOException {
        var store = new FileCursorStore(folder, false);
        store.save(at(5));
        try (var files = Files.list(folder)) {
            var file = files.findFirst().orElseThrow();
            Files.writeString(file.resolveSibling(file.getFileName() + ".new"), "00 half");
        }
        assertThat(new FileCursorStore(folder, false).load(ROOM)).contains(at(5));
        store.save(at(6));
        assertThat(store.load(ROOM)).contains(at(6));
    }
}
