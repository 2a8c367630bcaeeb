package io.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.cli.program.ServerAddress;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Test
    void everyCommandPrintsTheVersion() {
        assertThat(run("--version")).isZero();
        assertThat(run("group", "create", "-V")).isZero();
        assertThat(out.toString().lines())
                .hasSize(2)
                .allMatch(line -> line.matches("lockstep \\S+"));
    }

    /// Regression: the answer was a usage without the server's commands and without a similar
    /// command.
    @ParameterizedTest
    @CsvSource({
        "sned, send",
        "sedn, send",
        "grup, group",
        "deomn, demo",
        "dve, dev",
        "server, serve",
        "confg, config",
        "decod, decode"
    })
    void aCommandThatThereIsNoneOfIsAnsweredWithTheOneThatWasMeant(String typed, String meant) {
        assertThat(run(typed)).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString().lines())
                .containsExactly(
                        "lockstep: there is no command \""
                                + typed
                                + "\"; did you mean "
                                + meant
                                + "?",
                        "lockstep --help lists all commands");
    }

    @Test
    void aCommandWithoutASimilarOneGetsNoHint() {
        assertThat(run("xyzzy")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("no command \"xyzzy\"").doesNotContain("did you mean");
        assertThat(run("group", "creat")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("lockstep group: there is no command \"creat\"; did");
    }

    @Test
    void theUsageListsTheServersCommandsToo() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("  dev ", "  serve ", "  config ", "  send ");
    }

    /// Regression: `chat` listed the option of `tail`, although it always follows.
    @Test
    void onlyTailMayFollow() {
        assertThat(run("tail", "--help")).isZero();
        assertThat(out.toString()).contains("--follow");
        out.getBuffer().setLength(0);
        assertThat(run("chat", "--help")).isZero();
        assertThat(out.toString()).contains("--as").doesNotContain("--follow");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://127.0.0.1", "127.0.0.1:7420", "http:", "http://h/other", "a b"})
    void aServerThatIsNoneIsRefusedWithOneSentence(String server) {
        assertThat(run("group", "list", "--as", "alice/laptop", "--server", server))
                .isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString())
                .contains("a server is http://host:port or https://host:port, not " + server)
                .doesNotContain("Exception");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:7420",
                "http://127.0.0.1:7420/",
                "ws://127.0.0.1:7420",
                "ws://127.0.0.1:7420/v1/ws"
            })
    void theAddressOfTheWebSocketIsThatOfTheServer(String server) {
        var http = new ServerAddress().convert(server);
        assertThat(http).hasToString("http://127.0.0.1:7420");
        assertThat(ServerAddress.webSocketOf(http)).hasToString("ws://127.0.0.1:7420/v1/ws");
    }

    /// Regression: a list of commands shows only the first line of a description. It ended in the
    /// middle of a sentence.
    @Test
    void theFirstLineOfEachDescriptionIsOneSentence() {
        assertOneSentence(Main.commandLine());
    }

    private static void assertOneSentence(CommandLine command) {
        var spec = command.getCommandSpec();
        if (spec.usageMessage().hidden()) {
            return;
        }
        assertThat(spec.usageMessage().description()[0])
                .as(spec.qualifiedName())
                .matches("[A-Z][^.]*\\.");
        command.getSubcommands().values().forEach(MainTest::assertOneSentence);
    }
}
