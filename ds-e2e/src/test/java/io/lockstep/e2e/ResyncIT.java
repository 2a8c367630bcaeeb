package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.e2e.RacingMember.Outcome;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A member that lost all its state rejoins by external commit while proposals are pending, on two
/// server processes.
final class ResyncIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("resync".getBytes(StandardCharsets.UTF_8)));

    @TempDir private Path folder;

    // PROTOCOL R-PROP-2 R-EXT-2 R-EXT-9 R-ACCEPTED-3
    @Test
    @DisplayName("RFC 9420 §12.4.3.2: the delivery of a resync lists the proposals that it voids")
    void aMemberWithoutStateRejoinsAndVoidedProposalsAreListed() throws Exception {
        try (var first = KillableServer.start(folder.resolve("a"))) {
            try (var second = first.startPeer(folder.resolve("b"));
                    var network = ClientNetwork.start(2);
                    var engine = BouncyCastleEngine.start("mls", InstantSource.system());
                    var alice = member("alice", engine, network, first);
                    var bob = member("bob", engine, network, second);
                    var carol = member("carol", engine, network, second);
                    var dave = member("dave", engine, network, second)) {
                gather(alice, List.of(bob, carol, dave));
                var one = proposal(alice, carol, dave);
                alice.send("between the two").block(PATIENCE);
                var two = proposal(carol, alice, dave);

                bob.vanish();
                try (var again = member("bob", engine, network, first)) {
                    again.connect().block(PATIENCE);
                    var back = Objects.requireNonNull(again.rejoin(GROUP).block(PATIENCE));
                    awaitSameStanding(List.of(alice, carol, again));

                    var toAlice = at(alice, back.position());
                    assertThat(toAlice.voidedProposals()).containsExactly(one, two);
                    assertThat(at(carol, back.position()))
                            .as("the same on both servers")
                            .isEqualTo(toAlice);

                    again.send("I am back").block(PATIENCE);
                    alice.send("good").block(PATIENCE);
                    await(() -> heard(alice).contains("I am back"));
                    await(() -> heard(again).contains("good"));
                    // The group continues: the member that rejoined adds another.
                    assertThat(again.commit(Change.adding(List.of(claim(again, "dave")))).block())
                            .isInstanceOf(Outcome.Won.class);
                    awaitSameStanding(List.of(alice, carol, again, dave));
                }
            }
        }
    }

    private static long proposal(RacingMember by, RacingMember other, RacingMember about) {
        var keyPackage = claim(by, about.name().substring(0, about.name().indexOf('/')));
        long position =
                Objects.requireNonNull(by.proposeAdd(keyPackage).block(PATIENCE)).position();
        await(() -> delivered(other).stream().anyMatch(d -> d.position() == position));
        return position;
    }

    private static void gather(RacingMember creator, List<RacingMember> others) {
        creator.connect().block(PATIENCE);
        creator.create(GROUP).block(PATIENCE);
        for (var other : others) {
            other.connect().block(PATIENCE);
            for (int i = 0; i < 3; i++) {
                other.publishKeyPackage().block(PATIENCE);
            }
        }
        var added = List.of(claim(creator, "bob"), claim(creator, "carol"));
        assertThat(creator.commit(Change.adding(added)).block(PATIENCE))
                .isInstanceOf(Outcome.Won.class);
        awaitSameStanding(List.of(creator, others.get(0), others.get(1)));
    }

    private static List<String> heard(RacingMember member) {
        return Objects.requireNonNull(member.texts().block(PATIENCE));
    }

    private static List<Delivered> delivered(RacingMember member) {
        return Objects.requireNonNull(member.delivered().block(PATIENCE));
    }

    private static Bytes claim(RacingMember by, String user) {
        return Objects.requireNonNull(by.claim(user).block(PATIENCE)).keyPackage();
    }

    private static Delivered at(RacingMember member, long position) {
        return delivered(member).stream()
                .filter(d -> d.position() == position)
                .findFirst()
                .orElseThrow();
    }

    private static RacingMember member(
            String user, EngineThread engine, ClientNetwork network, KillableServer server) {
        var name = user + "/d";
        return new RacingMember(
                name,
                engine,
                network,
                ClientConfig.of(
                        server.webSocket(),
                        server.http(),
                        () -> "dev:" + name,
                        Backoff.ofDefaults(new Random(9420))));
    }

    private static void awaitSameStanding(List<RacingMember> members) {
        await(() -> {
            var statuses = members.stream().map(m -> m.status().block()).distinct().toList();
            return statuses.size() == 1 && !"not joined".equals(statuses.getFirst());
        });
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(condition);
    }
}
