package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/// A [CursorStore] in a folder, with one small file per group: `incarnation position head`, in hex
/// and decimal.
///
/// A save writes a new file and renames it over the old one. A crash therefore leaves the old
/// cursor or the new one, never a torn one. An old cursor is harmless: the server delivers its
/// entries again.
///
/// ```java
/// var config = ClientConfig.of(webSocket, http, token, backoff)
///         .withCursors(new FileCursorStore(Path.of("cursors"), true));
/// ```
public final class FileCursorStore implements CursorStore {
    private final Path folder;
    private final boolean force;

    /// @param force whether each save waits for the disk, so that it also survives a power failure
    public FileCursorStore(Path folder, boolean force) {
        this.folder = folder;
        this.force = force;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Optional<LogCursor> load(GroupId group) {
        try {
            var fields = Files.readString(fileOf(group)).strip().split(" ", -1);
            if (fields.length != 3) {
                throw new IOException("not a cursor file: " + fileOf(group));
            }
            return Optional.of(
                    new LogCursor(
                            group,
                            Bytes.ofHex(fields[0]),
                            Long.parseLong(fields[1]),
                            Bytes.ofHex(fields[2].equals("-") ? "" : fields[2])));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void save(LogCursor cursor) {
        var head = cursor.head().isEmpty() ? "-" : cursor.head().hex();
        var text = cursor.incarnation().hex() + " " + cursor.position() + " " + head + "\n";
        var target = fileOf(cursor.group());
        var beside = target.resolveSibling(target.getFileName() + ".new");
        try {
            Files.writeString(beside, text, StandardCharsets.US_ASCII);
            if (force) {
                try (var channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
            Files.move(
                    beside,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void forget(GroupId group) {
        try {
            Files.deleteIfExists(fileOf(group));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Group ids are opaque bytes, up to 255 of them. Their hash is a valid file name on every
    /// platform.
    private Path fileOf(GroupId group) {
        return folder.resolve(group.bytes().sha256().hex().substring(0, 40) + ".cursor");
    }
}
