package io.lockstep.server.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A conversation held with `lockstep` commands only, each in a process of its own.
final class CommandsIT {
    @TempDir private Path folder;

    private Terminal terminal(ServerProcess server, String name) {
        return new Terminal(server, name, folder.resolve(name.replace('/', '-')));
    }

    @Test
    void twoPeopleAndASecondDeviceTalkAndALostStateIsOneCommandAway() throws IOException {
        try (var server = ServerProcess.start(folder.resolve("server"))) {
            var alice = terminal(server, "alice/phone");
            var bob = terminal(server, "bob/phone");
            var laptop = terminal(server, "alice/laptop");

            bob.lockstep("keys", "publish").successfully();
            assertThat(bob.lockstep("keys", "count").out()).containsExactly("suite 1: 20 left");
            alice.lockstep("group", "create", "team").successfully();
            assertThat(alice.lockstep("group", "add", "team", "bob").successfully().out())
                    .containsExactly("added bob/phone: epoch 1, position 1");
            alice.lockstep("send", "team", "hello", "bob").successfully();
            bob.lockstep("send", "team", "hello alice").successfully();
            assertThat(bob.lockstep("tail", "team").successfully().out())
                    .containsExactly(
                            "[1] * epoch 1, bob/phone was added, 2 members",
                            "[2] alice/phone: hello bob",
                            "[3] bob/phone: hello alice");

            // A second device of Alice comes in by itself.
            laptop.lockstep("group", "join", "team").successfully();
            laptop.lockstep("send", "team", "from the laptop").successfully();
            assertThat(bob.lockstep("tail", "team").out())
                    .endsWith("[5] alice/laptop: from the laptop");
            assertSameEpoch(alice, bob, laptop);

            // Bob loses his state.
            delete(bob.state());
            var lost = bob.lockstep("send", "team", "anybody?");
            assertThat(lost.exit()).isEqualTo(1);
            assertThat(lost.error()).startsWith("lockstep: ").contains("group join team");
            assertThat(lost.error().lines()).hasSize(1);
            bob.lockstep("group", "join", "team").successfully();
            bob.lockstep("send", "team", "I am back").successfully();
            assertThat(alice.lockstep("tail", "team").out()).endsWith("[7] bob/phone: I am back");
            assertThat(laptop.lockstep("tail", "team").out()).endsWith("[7] bob/phone: I am back");
            assertSameEpoch(alice, bob, laptop);

            // Removed, one stays out.
            alice.lockstep("group", "remove", "team", "bob").successfully();
            assertThat(bob.lockstep("send", "team", "still here").error())
                    .isEqualTo("lockstep: bob/phone was removed from \"team\"");
            assertThat(bob.lockstep("group", "join", "team").exit()).isEqualTo(1);
            assertSameEpoch(alice, laptop);
        }
    }

    @Test
    void commandsBesideARunningChatOfTheSameDeviceGoThroughIt() {
        try (var server = ServerProcess.start(folder.resolve("server"))) {
            var alice = terminal(server, "alice/phone");
            var bob = terminal(server, "bob/phone");
            bob.lockstep("keys", "publish").successfully();
            alice.lockstep("group", "create", "team").successfully();
            alice.lockstep("group", "add", "team", "bob").successfully();
            try (var chat = bob.chat("team")) {
                chat.type("typed");
                chat.awaitLine("bob/phone: typed");
                bob.lockstep("send", "team", "from another terminal").successfully();
                alice.lockstep("send", "team", "from alice").successfully();
                chat.awaitLine("alice/phone: from alice");
                assertThat(chat.lines()).filteredOn(l -> l.endsWith("another terminal")).hasSize(1);
                // Killed in the middle, it leaves nothing in the way.
                chat.kill();
            }
            bob.lockstep("send", "team", "after the kill").successfully();
            assertThat(alice.lockstep("tail", "team").out())
                    .extracting(line -> line.substring(line.indexOf(' ') + 1))
                    .endsWith(
                            "bob/phone: typed",
                            "bob/phone: from another terminal",
                            "alice/phone: from alice",
                            "bob/phone: after the kill");
            assertSameEpoch(alice, bob);
        }
    }

    private static void assertSameEpoch(Terminal... members) {
        var first = members[0].lockstep("group", "show", "team").valueOf("authenticator");
        assertThat(List.of(members))
                .allSatisfy(m ->
                        assertThat(m.lockstep("group", "show", "team").valueOf("authenticator"))
                                .isEqualTo(first));
    }

    private static void delete(Path state) throws IOException {
        try (Stream<Path> files = Files.walk(state)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
