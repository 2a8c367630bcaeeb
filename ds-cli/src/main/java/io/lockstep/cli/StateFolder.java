package io.lockstep.cli;

import io.lockstep.client.member.MemberStore;
import io.lockstep.client.mls.MlsException;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/// A device's state folder, readable only by its owner: `state`, `history/`, `lock`, `socket`.
///
/// `state` contains keys. Layout: one line `lockstep state 1`, SHA-256 of the rest, the rest. A
/// save writes a new file, renames it over the old one, and returns when it is on disk. A crash
/// leaves the old state or the new one, never a torn one.
final class StateFolder implements MemberStore {
    private static final byte[] HEADER = "lockstep state 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_BYTES = 32;

    private final Path folder;

    private StateFolder(Path folder) {
        this.folder = folder;
    }

    static StateFolder open(Path folder) {
        try {
            Files.createDirectories(folder.toAbsolutePath(), only("rwx------"));
            return new StateFolder(folder.toAbsolutePath());
        } catch (IOException e) {
            throw new CommandFailure("the state folder " + folder + " cannot be created: " + e);
        }
    }

    static FileAttribute<?>[] only(String permissions) {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    Path socket() {
        return folder.resolve("socket");
    }

    Path history() {
        return folder.resolve("history");
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    /// The lock of the folder, held until it is closed or the process ends.
    Optional<FileChannel> tryLock() {
        try {
            var channel =
                    FileChannel.open(
                            folder.resolve("lock"),
                            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                            only("rw-------"));
            try {
                if (channel.tryLock() != null) {
                    return Optional.of(channel);
                }
            } catch (OverlappingFileLockException e) {
                // This process holds it already.
            }
            channel.close();
            return Optional.empty();
        } catch (IOException e) {
            throw new CommandFailure("the state folder " + folder + " cannot be locked: " + e);
        }
    }

    private Path file() {
        return folder.resolve("state");
    }

    @Override
    public Optional<Bytes> load() {
        byte[] all;
        try {
            all = Files.readAllBytes(file());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (all.length < HEADER.length || !startsWith(all, HEADER)) {
            throw new MlsException(file() + " is of another version of this program");
        }
        int start = HEADER.length + HASH_BYTES;
        if (all.length < start || !matches(all, start)) {
            throw new MlsException(
                    file() + " is damaged: delete the folder and run lockstep group join");
        }
        return Optional.of(Bytes.wrap(Arrays.copyOfRange(all, start, all.length)));
    }

    private static boolean startsWith(byte[] all, byte[] prefix) {
        return Arrays.equals(all, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static boolean matches(byte[] all, int start) {
        var hash = Bytes.wrap(Arrays.copyOfRange(all, HEADER.length, start));
        return Bytes.wrap(Arrays.copyOfRange(all, start, all.length)).sha256().equals(hash);
    }

    @Override
    public void save(Bytes state) {
        var beside = folder.resolve("state.new");
        try {
            Files.deleteIfExists(beside);
            try (var channel =
                    FileChannel.open(
                            beside,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            only("rw-------"))) {
                for (var part : new byte[][] {HEADER, state.sha256().toArray(), state.toArray()}) {
                    var buffer = ByteBuffer.wrap(part);
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                }
                channel.force(true);
            }
            Files.move(
                    beside,
                    file(),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            syncFolder();
        } catch (IOException e) {
            throw new UncheckedIOException("the state cannot be saved: " + e.getMessage(), e);
        }
    }

    /// Forces the rename to disk. Not every platform can open a folder for that.
    private void syncFolder() {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Then a power failure may bring back the earlier state; the log delivers the rest
            // again.
        }
    }
}
