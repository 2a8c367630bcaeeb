package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A conversation with `lockstep` commands only. Commands whose process matters run in a separate
/// process.
final class CommandsIT {
    @TempDir private static Path data;
    private static KillableServer server;

    @TempDir private Path folder;

    @BeforeAll
    static void startServer() {
        server = KillableServer.start(data);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    private CommandRunner terminal(String name) {
        return new CommandRunner(server, name, folder.resolve(name.replace('/', '-')));
    }

    @Test
    void twoUsersTalkASecondDeviceJoinsAndOneCommandRecoversALostState() throws IOException {
        var alice = terminal("alice/phone");
        var bob = terminal("bob/phone");
        var laptop = terminal("alice/laptop");

        bob.lockstep("keys", "publish").successfully();
        assertThat(bob.here("keys", "count").out()).containsExactly("suite 1: 20 left");
        alice.lockstep("group", "create", "team").successfully();
        assertThat(alice.lockstep("group", "add", "team", "bob").successfully().out())
                .containsExactly("added bob/phone: epoch 1, position 1");
        alice.lockstep("send", "team", "hello", "bob").successfully();
        bob.here("send", "team", "hello alice").successfully();
        assertThat(entries(bob.lockstep("tail", "team").successfully().out()))
                .containsExactly(
                        "* epoch 1, bob/phone was added, 2 members",
                        "alice/phone: hello bob",
                        "bob/phone: hello alice");

        // A second device of Alice joins by itself.
        laptop.lockstep("group", "join", "team").successfully();
        laptop.here("send", "team", "from the laptop").successfully();
        assertThat(entries(bob.here("tail", "team").out()))
                .endsWith("alice/laptop: from the laptop");

        // Bob loses his state.
        delete(bob.state());
        var lost = bob.lockstep("send", "team", "anybody?");
        assertThat(lost.exit()).isEqualTo(1);
        assertThat(lost.error()).startsWith("lockstep: ").contains("group join team");
        assertThat(lost.error().lines()).hasSize(1);
        bob.lockstep("group", "join", "team").successfully();
        bob.lockstep("send", "team", "I am back").successfully();
        assertThat(entries(alice.here("tail", "team").out())).endsWith("bob/phone: I am back");
        assertThat(entries(laptop.here("tail", "team").out())).endsWith("bob/phone: I am back");
        assertSameEpoch("team", alice, bob, laptop);

        // A removed user stays out.
        alice.here("group", "remove", "team", "bob").successfully();
        assertThat(bob.here("send", "team", "still here").error())
                .isEqualTo(
                        "lockstep: bob/phone is not in \"team\" any more: it left, or was removed");
        assertThat(bob.here("group", "join", "team").exit()).isEqualTo(1);
        assertSameEpoch("team", alice, laptop);
    }

    @Test
    void commandsOfADeviceWithARunningChatGoThroughTheChat() {
        var carol = terminal("carol/phone");
        var dave = terminal("dave/phone");
        dave.here("keys", "publish").successfully();
        carol.here("group", "create", "others").successfully();
        carol.here("group", "add", "others", "dave").successfully();
        try (var chat = dave.chat("others")) {
            chat.type("typed");
            chat.awaitLine("dave/phone: typed");
            dave.here("send", "others", "from another terminal").successfully();
            carol.here("send", "others", "from carol").successfully();
            chat.awaitLine("carol/phone: from carol");
            assertThat(chat.lines()).filteredOn(l -> l.endsWith("another terminal")).hasSize(1);
            // A killed chat leaves no lock behind.
            chat.kill();
        }
        dave.here("send", "others", "after the kill").successfully();
        assertThat(carol.here("tail", "others").out())
                .extracting(line -> line.substring(line.indexOf(' ') + 1))
                .endsWith(
                        "dave/phone: typed",
                        "dave/phone: from another terminal",
                        "carol/phone: from carol",
                        "dave/phone: after the kill");
        assertSameEpoch("others", carol, dave);
    }

    /// The lines without their positions: the confirmations of commits have positions, too.
    private static List<String> entries(List<String> out) {
        return out.stream().map(line -> line.replaceFirst("^\\[\\d+\\] ", "")).toList();
    }

    private static void assertSameEpoch(String group, CommandRunner... members) {
        assertThat(
                        Stream.of(members)
                                .map(m -> m.here("group", "show", group).valueOf("authenticator"))
                                .distinct())
                .hasSize(1);
    }

    private static void delete(Path state) throws IOException {
        try (Stream<Path> files = Files.walk(state)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
