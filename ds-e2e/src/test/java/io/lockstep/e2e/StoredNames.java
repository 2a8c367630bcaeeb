package io.lockstep.e2e;

import io.lockstep.wire.mls.MlsBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Looks for names of users, devices and groups in the files that a server's Redis has written
/// (invariant I8). Every test that stops its server by [KillableServer#close] includes this check.
final class StoredNames {
    /// Parts of the names that the tests give to clients.
    private static final List<String> CLIENTS =
            List.of("/phone", "/laptop", "/tablet", "alice", "carol", "mallory");

    /// A shorter one may be part of anything.
    private static final int GROUP_LENGTH_MIN = 8;

    private static final int CHUNK = 16 << 20;
    private static final int OVERLAP = 256;

    private StoredNames() {}

    /// @param redis folder of the append-only file; it need not exist
    /// @throws AssertionError with the first name and its file
    static void checkNone(Path redis) {
        if (!Files.isDirectory(redis)) {
            return;
        }
        var names =
                Stream.concat(
                                CLIENTS.stream(),
                                MlsBytes.groupNames().filter(n -> n.length() >= GROUP_LENGTH_MIN))
                        .toList();
        try (var files = Files.walk(redis)) {
            files.filter(Files::isRegularFile).forEach(file -> check(file, names));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(Path file, List<String> names) {
        try (var in = Files.newInputStream(file)) {
            var before = "";
            for (byte[] read = in.readNBytes(CHUNK); read.length > 0; read = in.readNBytes(CHUNK)) {
                var text = before + new String(read, StandardCharsets.ISO_8859_1);
                for (var name : names) {
                    if (text.contains(name)) {
                        throw new AssertionError("I8: the name \"" + name + "\" is in " + file);
                    }
                }
                before = text.substring(Math.max(0, text.length() - OVERLAP));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
