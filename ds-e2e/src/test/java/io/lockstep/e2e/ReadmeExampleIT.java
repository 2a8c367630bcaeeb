package io.lockstep.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.member.MemberListener;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Runs the example of the client library in `README.md`, and compares its text with the document.
final class ReadmeExampleIT {
    private static final Path SOURCE =
            Path.of("src", "test", "java", "io", "lockstep", "e2e", "ReadmeExampleIT.java");
    private static final Path README = Path.of("..", "README.md");

    @TempDir private Path folder;

    @Test
    @Timeout(120)
    void theExampleRuns() {
        try (var server = KillableServer.start(folder)) {
            assertThat(example(server.webSocket(), server.http())).isEqualTo("hello bob");
        }
    }

    @Test
    void readmeContainsTheExampleThatRuns() throws Exception {
        assertThat(between(Files.readString(README), "```java\n", "```"))
                .isEqualTo(
                        between(Files.readString(SOURCE), "// README begins\n", "// README ends")
                                .stripIndent());
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf(end, from));
    }

    /// `block` returns null only for an empty Mono, and these Monos are not empty.
    @SuppressWarnings("NullAway")
    private static String example(URI webSocket, URI http) {
        // README begins
        var received = new CompletableFuture<String>();
        var listener =
                new MemberListener() {
                    @Override
                    public void received(Conversation c, Delivered d, Bytes sender, Bytes text) {
                        received.complete(new String(text.toArray(), UTF_8));
                    }
                };
        var backoff = Backoff.ofDefaults(new SecureRandom());
        var config = ClientConfig.of(webSocket, http, () -> "dev:alice/phone", backoff);
        var bobs = config.withToken(() -> "dev:bob/phone");
        try (var mls = BouncyCastleEngine.start("mls", InstantSource.system());
                var network = ClientNetwork.start(1);
                var alice =
                        MemberDevice.create("alice/phone", mls, network, config, listener).block();
                var bob = MemberDevice.create("bob/phone", mls, network, bobs, listener).block()) {
            alice.connect().block();
            bob.connect().block();
            bob.publishKeyPackages(20).block();
            var id = new GroupId(Bytes.wrap("team".getBytes(UTF_8)));
            var team = alice.createGroup(id, GroupPolicy.getDefaultInstance()).block();
            var claims = alice.client().directory().claim("bob", List.of(1), "").block();
            team.add(claims.claimed()).block();
            team.send(Bytes.wrap("hello bob".getBytes(UTF_8))).block();
            return received.join();
        }
        // README ends
    }
}
