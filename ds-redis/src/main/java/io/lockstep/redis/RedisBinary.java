package io.lockstep.redis;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// A Redis server program of version 7 or newer: from PATH, or else the one bundled in the jars.
///
/// @param name its name and version, as its `--version` prints them
record RedisBinary(Path path, String name) {
    static final int MAJOR_MIN = 7;
    private static final List<String> PROGRAMS = List.of("redis-server", "valkey-server");
    private static final Pattern VERSION = Pattern.compile("(Redis|Valkey) server v=(\\d+)[.\\d]*");
    private static final String BUNDLED = "redis-server-7.0.15-";

    /// @param folder the bundled program is unpacked here if it is needed
    static RedisBinary find(Path folder) throws IOException {
        for (var directory :
                System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            for (var program : PROGRAMS) {
                var path = Path.of(directory, program);
                if (Files.isExecutable(path)) {
                    var name = nameOf(path);
                    if (name.isPresent()) {
                        return new RedisBinary(path, name.get());
                    }
                }
            }
        }
        return bundled(folder);
    }

    /// The program bundled with the server.
    static RedisBinary bundled(Path folder) throws IOException {
        var resource = BUNDLED + platform();
        var path = folder.resolve(resource);
        if (!Files.isExecutable(path)) {
            unpack(resource, path);
        }
        return new RedisBinary(
                path,
                nameOf(path)
                        .orElseThrow(() ->
                                new IOException(
                                        "the bundled Redis does not run on this machine: "
                                                + path)));
    }

    private static void unpack(String resource, Path path) throws IOException {
        Files.createDirectories(path.getParent());
        try (var stream = RedisBinary.class.getResourceAsStream("/" + resource)) {
            if (stream == null) {
                throw new IOException(
                        "no bundled Redis for this platform ("
                                + resource
                                + "): install Redis or Valkey "
                                + MAJOR_MIN
                                + " or newer");
            }
            var part = Files.createTempFile(path.getParent(), "redis-server", ".part");
            Files.copy(stream, part, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwx------"));
            Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static String platform() {
        var os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        var arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return (os.contains("mac") ? "darwin" : "linux")
                + "-"
                + (arch.equals("aarch64") || arch.equals("arm64") ? "arm64" : "amd64");
    }

    /// Empty when the program is too old or does not run.
    private static Optional<String> nameOf(Path program) throws IOException {
        var process =
                new ProcessBuilder(program.toString(), "--version")
                        .redirectErrorStream(true)
                        .start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var match = VERSION.matcher(output);
        return match.find() && Integer.parseInt(match.group(2)) >= MAJOR_MIN
                ? Optional.of(match.group().replace(" server v=", " "))
                : Optional.empty();
    }
}
