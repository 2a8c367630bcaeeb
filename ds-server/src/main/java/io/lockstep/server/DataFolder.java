package io.lockstep.server;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Set;

/// The folder of a development server. It holds what must survive a restart: the deployment key and
/// the store's data. `server.json` tells other programs the server's addresses. One server at a
/// time locks the folder.
final class DataFolder implements AutoCloseable {
    private static final String ANNOUNCEMENT = "server.json";

    private final Path folder;
    private final FileChannel channel;

    private DataFolder(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /// Creates the folder if it does not exist, and locks it.
    ///
    /// @throws StartupException if another server holds the lock, or the folder cannot be written
    static DataFolder open(Path path) {
        var folder = path.toAbsolutePath().normalize();
        try {
            Files.createDirectories(folder);
            var channel =
                    FileChannel.open(
                            folder.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            if (!lock(channel)) {
                channel.close();
                throw new StartupException(
                        "another server is running on the data folder "
                                + folder
                                + "; use it, or stop it, or give this one a folder and ports of its"
                                + " own: --data FOLDER --port 0 --operations-port 0",
                        null);
            }
            return new DataFolder(folder, channel);
        } catch (IOException e) {
            throw new StartupException(
                    "the data folder " + folder + " cannot be used: " + e.getMessage(), e);
        }
    }

    /// The lock is held until the channel is closed.
    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    Path path() {
        return folder;
    }

    Path redis() {
        return folder.resolve("redis");
    }

    /// The folder's deployment keys. The first start creates one.
    DeploymentKeys deploymentKeys() {
        var file = folder.resolve("deployment.key");
        try {
            if (!Files.exists(file)) {
                var secret = new byte[DeploymentKey.BYTES];
                new SecureRandom().nextBytes(secret);
                writeOwnersOnly(file, Bytes.wrap(secret).hex() + "\n");
            }
        } catch (IOException e) {
            throw new StartupException(
                    "the deployment key " + file + " cannot be made: " + e.getMessage(), e);
        }
        return DeploymentKeyFile.read(file);
    }

    private void writeOwnersOnly(Path file, String text) throws IOException {
        var fresh = Files.createTempFile(folder, "key", ".tmp", ownersOnly());
        Files.writeString(fresh, text);
        try {
            Files.move(fresh, file);
        } catch (FileAlreadyExistsException e) {
            Files.delete(fresh);
            throw e;
        }
    }

    private static FileAttribute<?>[] ownersOnly() {
        boolean posix = Path.of("").getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE))
                }
                : new FileAttribute<?>[0];
    }

    /// Writes `server.json` in one step: a reader sees the whole file or none.
    void announce(String json) {
        try {
            var fresh = Files.createTempFile(folder, "server", ".tmp", ownersOnly());
            Files.writeString(fresh, json);
            try {
                Files.move(
                        fresh,
                        folder.resolve(ANNOUNCEMENT),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(
                        fresh, folder.resolve(ANNOUNCEMENT), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new StartupException(
                    "server.json cannot be written to " + folder + ": " + e.getMessage(), e);
        }
    }

    void withdraw() {
        try {
            Files.deleteIfExists(folder.resolve(ANNOUNCEMENT));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
