package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.lockstep.bench.BenchCommand;
import io.lockstep.cli.Main;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// Tests the script `lockstep` in a separate folder, with a fake JDK and a fake build that print
/// their arguments.
class LauncherTest {
    private static final Pattern VARIABLE = Pattern.compile("LOCKSTEP_[A-Z]+");

    @TempDir private Path temporary;

    private Path root = Path.of("");
    private Path jdk = Path.of("");

    @BeforeEach
    void makeTree() throws IOException {
        var script = Path.of(System.getProperty("lockstep.root", ".."), "lockstep");
        assumeThat(Path.of("/bin/sh")).as("a POSIX shell").isExecutable();
        root = Files.createDirectories(temporary.resolve("a tree with spaces"));
        Files.copy(script, root.resolve("lockstep"));
        executable(root.resolve("lockstep"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        source("One.java");
        jdk = jdk("jdk 25", "25.0.3");
        // A build that takes a moment, records that it ran, and creates a jar in the given folder.
        write(
                root.resolve("mvnw"),
                """
                #!/bin/sh
                echo "built with $JAVA_HOME" >>"%s"
                for argument in "$@"; do
                    case $argument in -Ddistribution.lib=*) lib=${argument#*=} ;; esac
                done
                [ -e "%s" ] && exit 1
                sleep 0.3
                echo jar >"$lib/server.jar"
                """
                        .formatted(builds(), root.resolve("broken")));
    }

    private Path builds() {
        return temporary.resolve("builds");
    }

    private long buildCount() throws IOException {
        return Files.exists(builds()) ? Files.readAllLines(builds()).size() : 0;
    }

    private void source(String name) throws IOException {
        var folder = Files.createDirectories(root.resolve("ds-server/src/main/java"));
        var file = Files.writeString(folder.resolve(name), "class");
        var old = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
        Files.setLastModifiedTime(file, old);
        for (var path : List.of("src/main/java", "src/main", "src", "")) {
            Files.setLastModifiedTime(root.resolve("ds-server").resolve(path), old);
        }
        Files.setLastModifiedTime(root.resolve("pom.xml"), old);
    }

    private void touch(String name) throws IOException {
        Files.setLastModifiedTime(
                root.resolve("ds-server/src/main/java").resolve(name),
                FileTime.from(Instant.now().plus(Duration.ofMinutes(1))));
    }

    private Path jdk(String name, String version) throws IOException {
        var home = temporary.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        write(home.resolve("bin/javac"), "#!/bin/sh\n");
        write(
                home.resolve("bin/java"),
                "#!/bin/sh\nfor argument in \"$@\"; do echo \"<$argument>\"; done\n");
        return home;
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        executable(file);
    }

    private static void executable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Ended(int code, String out) {}

    private Process start(Path folder, Map<String, String> environment, String... command)
            throws IOException {
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("LOCKSTEP_"));
        builder.environment().remove("JAVA_HOME");
        builder.environment().put("HOME", temporary.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Ended end(Process process) throws Exception {
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), out);
    }

    private Ended run(String... arguments) throws Exception {
        return end(start(temporary, withJdk(jdk), command(arguments)));
    }

    private static Map<String, String> withJdk(Path home) {
        return Map.of("LOCKSTEP_JAVA_HOME", home.toString());
    }

    private String[] command(String... arguments) {
        var command = new ArrayList<String>();
        command.add(root.resolve("lockstep").toString());
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    @Test
    void theFirstRunBuildsAndLaterOnesStartAtOnce() throws Exception {
        var first = run("dev");
        assertThat(first.out()).contains("building, once");
        assertThat(first.code()).isZero();
        var second = run("dev");
        assertThat(second.out()).doesNotContain("building");
        assertThat(buildCount()).isEqualTo(1);
        assertThat(root.resolve("target/lib/server.jar")).exists();
    }

    @Test
    void aChangedSourceIsRebuiltAndNoOldJarStays() throws Exception {
        run("dev");
        Files.writeString(root.resolve("target/lib/stale.jar"), "of a former build");
        touch("One.java");
        assertThat(run("dev").out()).contains("building");
        assertThat(buildCount()).isEqualTo(2);
        assertThat(root.resolve("target/lib/stale.jar")).doesNotExist();
    }

    @Test
    void aFailedBuildIsReportedAndRetried() throws Exception {
        Files.createFile(root.resolve("broken"));
        var failed = run("dev");
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.out()).contains("the build failed");
        Files.delete(root.resolve("broken"));
        assertThat(run("dev").code()).isZero();
    }

    @Test
    void severalFirstRunsAtOnceBuildOnce() throws Exception {
        var running = new ArrayList<Process>();
        for (int i = 0; i < 4; i++) {
            running.add(start(temporary, withJdk(jdk), command("dev")));
        }
        for (var process : running) {
            var ended = end(process);
            assertThat(ended.code()).as(ended.out()).isZero();
        }
        assertThat(buildCount()).isEqualTo(1);
    }

    @Test
    void aLockOfADeadProcessIsBroken() throws Exception {
        var gone = start(temporary, Map.of(), "/bin/sh", "-c", "exit 0");
        assertThat(gone.waitFor(30, TimeUnit.SECONDS)).isTrue();
        var lock = Files.createDirectories(root.resolve("target/.build-lock"));
        Files.writeString(lock.resolve("pid"), gone.pid() + "\n");

        assertThat(run("dev").code()).isZero();
        assertThat(buildCount()).isEqualTo(1);
        assertThat(lock).doesNotExist();
    }

    @Test
    void commandsReachTheirMainClassWithUnchangedArguments() throws Exception {
        assertThat(run("serve", "--config", "my file.yaml").out())
                .contains("<io.lockstep.server.Main>\n<serve>\n<--config>\n<my file.yaml>\n")
                .contains("<" + root + "/target/lib/*>")
                .contains("<-XX:+UseCompactObjectHeaders>")
                .contains("<-XX:+ExitOnOutOfMemoryError>")
                .contains("<--enable-native-access=ALL-UNNAMED>");
        assertThat(run("demo", "--members", "50").out())
                .contains("<io.lockstep.cli.Main>\n<demo>\n<--members>\n<50>\n");
        assertThat(run("config", "check").out()).contains("<io.lockstep.server.Main>\n<config>");
        assertThat(run("decode", "-").out()).contains("<io.lockstep.cli.Main>\n<decode>\n<->");
    }

    @Test
    void helpNeedsNeitherJdkNorBuild() throws Exception {
        var help = end(start(temporary, Map.of("PATH", "/usr/bin:/bin"), command("--help")));
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("demo", "dev", "serve", "config", "decode");
        assertThat(buildCount()).isZero();
    }

    /// Regression: a mode of the load generator and three variables were missing.
    @Test
    void helpNamesEveryCommandEveryModeAndEveryVariable() throws Exception {
        var help = run("--help").out();
        var device = Main.commandLine();
        assertThat(help).contains(visible(device)).contains(visible(device, "keys"));
        assertThat(help).contains(visible(device, "group"));
        assertThat(help).contains(visible(new CommandLine(new BenchCommand())));
        assertThat(help).contains(variables(device));
    }

    private static List<String> visible(CommandLine commands, String... path) {
        var command = commands;
        for (var name : path) {
            command = Objects.requireNonNull(command.getSubcommands().get(name));
        }
        return command.getSubcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .filter(each -> !each.usageMessage().hidden())
                .map(CommandLine.Model.CommandSpec::name)
                .toList();
    }

    /// Returns the environment variables that the descriptions of options name.
    private static List<String> variables(CommandLine command) {
        return Stream.concat(
                        command.getCommandSpec().options().stream()
                                .flatMap(option -> Stream.of(option.description()))
                                .flatMap(text -> VARIABLE.matcher(text).results())
                                .map(MatchResult::group),
                        command.getSubcommands().values().stream()
                                .flatMap(each -> variables(each).stream()))
                .distinct()
                .toList();
    }

    @Test
    void itRunsThroughSymbolicLinksFromAnotherFolder() throws Exception {
        var bin = Files.createDirectories(temporary.resolve("other bin"));
        Files.createSymbolicLink(bin.resolve("direct"), root.resolve("lockstep"));
        Files.createSymbolicLink(bin.resolve("ls"), Path.of("direct"));

        var ended = end(start(bin, withJdk(jdk), "./ls", "dev"));
        assertThat(ended.code()).isZero();
        assertThat(ended.out()).contains("<" + root + "/target/lib/*>");
    }

    @Test
    void aJdkThatIsTooOldIsRefusedInOneSentence() throws Exception {
        var ended = end(start(temporary, withJdk(jdk("jdk 21", "21.0.9")), command("dev")));
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.out().strip())
                .startsWith("lockstep: LOCKSTEP_JAVA_HOME")
                .doesNotContain("\n");
    }

    @Test
    void anOldJavaHomeIsSkippedForANewerJdk() throws Exception {
        var newer = temporary.resolve(".sdkman/candidates/java/current");
        Files.createDirectories(newer.getParent());
        Files.createSymbolicLink(newer, jdk("jdk 26", "26"));
        var old = jdk("jdk 17", "17.0.1");
        // The JDKs of this machine come before those of the home folder. Any of them is acceptable,
        // except the old one.
        var ended =
                end(
                        start(
                                temporary,
                                Map.of(
                                        "JAVA_HOME",
                                        old.toString(),
                                        "PATH",
                                        old.resolve("bin") + ":/usr/bin:/bin"),
                                command("dev")));
        assertThat(Files.readAllLines(builds()))
                .as(ended.out())
                .singleElement()
                .asString()
                .doesNotContain(old.toString());
    }
}
