package io.lockstep.cli;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.ObjectMapper;

/// The decrypted messages of the device's groups: one file per group, one JSON object per line.
///
/// The process that holds the folder appends on its engine thread; any process may read.
final class History {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// @param from `user/device`; empty for a line about the group itself
    record Entry(long position, long epoch, long atMillis, String from, String text) {
        /// Returns the line that `tail` prints. Text of other members cannot move the terminal's
        /// cursor or change its colours.
        String line() {
            var shown = printable(text);
            return from.isEmpty()
                    ? "[%d] * %s".formatted(position, shown)
                    : "[%d] %s: %s".formatted(position, printable(from), shown);
        }
    }

    static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "\uFFFD");
    }

    private final Path folder;
    private final Map<GroupId, Long> last = new HashMap<>();

    History(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(folder, StateFolder.only("rwx------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path fileOf(GroupId group) {
        return folder.resolve(group.bytes().sha256().hex().substring(0, 40) + ".jsonl");
    }

    /// Appends an entry of the log, unless the file has it: after a crash the log delivers entries
    /// again.
    void append(GroupId group, Entry entry) {
        long known = last.computeIfAbsent(group, this::lastPosition);
        if (entry.position() > known) {
            write(group, entry);
        }
    }

    /// Appends a line where the device's part of the log begins, or begins again.
    void begin(GroupId group, Entry entry) {
        write(group, entry);
    }

    private long lastPosition(GroupId group) {
        var all = read(group, 0).entries();
        return all.isEmpty() ? 0 : all.getLast().position();
    }

    private void write(GroupId group, Entry entry) {
        last.put(group, entry.position());
        var line = JSON.createObjectNode();
        line.put("position", entry.position());
        line.put("epoch", entry.epoch());
        line.put("at", entry.atMillis());
        line.put("from", entry.from());
        line.put("text", entry.text());
        var bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        try (var channel =
                FileChannel.open(
                        fileOf(group),
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE,
                                StandardOpenOption.APPEND),
                        StateFolder.only("rw-------"))) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whole lines, and the offset behind them.
    record Read(List<Entry> entries, long end) {
        Read {
            entries = List.copyOf(entries);
        }
    }

    /// @param from offset at which an earlier read ended; 0: everything
    Read read(GroupId group, long from) {
        try (var channel = FileChannel.open(fileOf(group), StandardOpenOption.READ)) {
            var buffer = ByteBuffer.allocate((int) Math.max(0, channel.size() - from));
            channel.position(from);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                // Goes on.
            }
            var bytes = Bytes.wrap(buffer.array()).slice(0, buffer.position()).toArray();
            int end = bytes.length;
            while (end > 0 && bytes[end - 1] != '\n') {
                end--;
            }
            var entries = new ArrayList<Entry>();
            for (var line : new String(bytes, 0, end, StandardCharsets.UTF_8).split("\n", -1)) {
                if (!line.isEmpty()) {
                    entries.add(entryOf(line));
                }
            }
            return new Read(entries, from + end);
        } catch (NoSuchFileException e) {
            return new Read(List.of(), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Entry entryOf(String line) {
        var json = JSON.readTree(line);
        return new Entry(
                json.path("position").asLong(),
                json.path("epoch").asLong(),
                json.path("at").asLong(),
                json.path("from").asString(""),
                json.path("text").asString(""));
    }
}
