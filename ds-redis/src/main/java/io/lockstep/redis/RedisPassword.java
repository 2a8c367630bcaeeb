package io.lockstep.redis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/// The password of the embedded Redis. It is random and belongs to one data folder; only the owner
/// of the files can read it. Without a password any process of the machine, and any web page in a
/// browser on it, could write to that Redis.
final class RedisPassword {
    private static final String FILE = "redis.password";
    private static final String CONFIG = "redis.conf";
    private static final int BYTES = 32;

    private RedisPassword() {}

    /// The password of the folder. Empty when there is none.
    static String of(Path folder) throws IOException {
        var file = folder.resolve(FILE);
        return Files.exists(file) ? Files.readString(file).strip() : "";
    }

    static String ofOrNew(Path folder) throws IOException {
        var password = of(folder);
        if (!password.isEmpty()) {
            return password;
        }
        var bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        password = HexFormat.of().formatHex(bytes);
        write(folder, FILE, password + "\n");
        return password;
    }

    /// Writes a configuration file that sets the password.
    static Path config(Path folder, String password) throws IOException {
        return write(folder, CONFIG, "requirepass " + password + "\n");
    }

    private static Path write(Path folder, String name, String text) throws IOException {
        var fresh = Files.createTempFile(folder, "redis", ".tmp", ownersOnly(folder));
        Files.writeString(fresh, text);
        return Files.move(
                fresh,
                folder.resolve(name),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static FileAttribute<?>[] ownersOnly(Path folder) {
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }
}
