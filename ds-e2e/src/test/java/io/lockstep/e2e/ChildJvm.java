package io.lockstep.e2e;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// Builds command lines for programs of the distribution, with the class path of the tests.
///
/// The first run of a program that exits normally writes an archive of its loaded classes (class
/// data sharing). Later runs use the archive and start in half the time.
final class ChildJvm {
    private static final List<Path> CLASS_PATH =
            Stream.of(
                            System.getProperty(
                                            "surefire.test.class.path",
                                            System.getProperty("java.class.path"))
                                    .split(File.pathSeparator))
                    .map(Path::of)
                    .filter(Files::exists)
                    .filter(entry -> !entry.equals(ownFolder()))
                    .toList();

    private static final Map<String, Path> ARCHIVES = new ConcurrentHashMap<>();

    private ChildJvm() {}

    static String classPath() {
        return String.join(File.pathSeparator, CLASS_PATH.stream().map(Path::toString).toList());
    }

    /// @param options of the JVM
    static List<String> command(String main, List<String> options, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(options);
        command.add("-cp");
        command.add(classPath());
        command.add(main);
        command.addAll(arguments);
        return command;
    }

    /// Options with which a program uses or creates its archive. Empty if classes are in folders,
    /// as in an IDE: an archive can hold only classes from jars.
    static List<String> archive(String main) {
        if (CLASS_PATH.stream().anyMatch(Files::isDirectory)) {
            return List.of();
        }
        return List.of(
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + ARCHIVES.computeIfAbsent(main, ChildJvm::newArchive),
                // Otherwise warnings would appear in the output of the program.
                "-Xlog:disable");
    }

    /// An archive of an earlier test run belongs to older jars. JVMs that run tests at the same
    /// time have archives of their own, because each deletes the old ones.
    private static Path newArchive(String main) {
        var fork = System.getProperty("surefire.forkNumber", "1");
        var archive = Path.of("target", main + "-" + fork + ".jsa").toAbsolutePath();
        try {
            Files.deleteIfExists(archive);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return archive;
    }

    /// The tests' own classes do not belong to a program.
    private static Path ownFolder() {
        try {
            return Path.of(
                    ChildJvm.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
