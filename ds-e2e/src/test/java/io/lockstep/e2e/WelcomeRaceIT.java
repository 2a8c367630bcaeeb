package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two real members commit for the same epoch, each with a Welcome and a GroupInfo. The losing
/// commit has no effect.
final class WelcomeRaceIT {
    private static final int ROUNDS = 10;

    /// The device name of users that are added during the race.
    private static final String LATE = "late";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir private Path folder;

    // PROTOCOL R-COMMIT-5
    @Test
    @DisplayName(
            "I5: only the winner's joiner gets a Welcome, and the stored GroupInfo is the winner's")
    void onlyTheWinnersJoinerGetsAWelcomeOnOneServer() {
        try (var server = KillableServer.start(folder.resolve("a"))) {
            races(List.of(server));
        }
    }

    // PROTOCOL R-COMMIT-5
    @Test
    @DisplayName("I5: the same with two server processes on one Redis")
    void onlyTheWinnersJoinerGetsAWelcomeOnTwoServers() throws Exception {
        try (var first = KillableServer.start(folder.resolve("a"))) {
            try (var second = first.startPeer(folder.resolve("b"))) {
                races(List.of(first, second));
            }
        }
    }

    @Test
    @DisplayName("I5: the same with the server killed between the append and the Welcome")
    void onlyTheWinnersJoinerGetsAWelcomeAfterACrashBeforeIt() {
        try (var network = ClientNetwork.start(2);
                var engine = BouncyCastleEngine.start("mls", InstantSource.system());
                var dying = KillableServer.startHalting(folder, LATE);
                var four = new RaceMembers("crash", network, engine, List.of(dying))) {
            four.gather();
            var alice = four.alice.commit(four.addingCarol()).toFuture();
            var bob = four.bob.commit(four.addingDave()).toFuture();
            assertThat(dying.awaitEnd()).as("killed before it files the item").isEqualTo(137);

            try (var _ = KillableServer.startAt(dying.http().getPort(), folder)) {
                four.settle(alice.join(), bob.join());
            }
        }
    }

    private static void races(List<KillableServer> servers) {
        try (var network = ClientNetwork.start(2);
                var engine = BouncyCastleEngine.start("mls", InstantSource.system())) {
            for (int round = 1; round <= ROUNDS; round++) {
                try (var four = new RaceMembers("race" + round, network, engine, servers)) {
                    four.gather();
                    var alice = four.alice.commit(four.addingCarol()).toFuture();
                    var bob = four.bob.commit(four.addingDave()).toFuture();
                    four.settle(alice.join(), bob.join());
                }
            }
        }
    }

    /// Alice and Bob are in a group. Alice would add Carol, and Bob would add Dave.
    private static final class RaceMembers implements AutoCloseable {
        private final GroupId group;
        private final RacingMember alice;
        private final RacingMember bob;
        private final RacingMember carol;
        private final RacingMember dave;
        private Bytes carols = Bytes.EMPTY;
        private Bytes daves = Bytes.EMPTY;

        RaceMembers(
                String name,
                ClientNetwork network,
                EngineThread engine,
                List<KillableServer> servers) {
            group = new GroupId(Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)));
            var one = servers.getFirst();
            var other = servers.getLast();
            alice = member(name + "-alice/d", engine, network, one);
            bob = member(name + "-bob/d", engine, network, other);
            carol = member(name + "-carol/" + LATE, engine, network, other);
            dave = member(name + "-dave/" + LATE, engine, network, one);
        }

        private static RacingMember member(
                String name, EngineThread engine, ClientNetwork network, KillableServer server) {
            var backoff =
                    new Backoff(
                            Duration.ofMillis(20), Duration.ofMillis(200), 1000, new Random(9420));
            return new RacingMember(
                    name,
                    engine,
                    network,
                    ClientConfig.of(
                            server.webSocket(), server.http(), () -> "dev:" + name, backoff));
        }

        private List<RacingMember> all() {
            return List.of(alice, bob, carol, dave);
        }

        void gather() {
            all().forEach(m -> m.connect().block(PATIENCE));
            List.of(bob, carol, dave).forEach(m -> m.publishKeyPackage().block(PATIENCE));
            alice.create(group).block(PATIENCE);
            var bobs = claim(alice, bob);
            assertThat(alice.commit(Change.adding(List.of(bobs))).block(PATIENCE))
                    .isInstanceOf(Outcome.Won.class);
            awaitSameStanding(List.of(alice, bob));
            carols = claim(alice, carol);
            daves = claim(bob, dave);
        }

        private static Bytes claim(RacingMember by, RacingMember of) {
            var user = of.name().substring(0, of.name().indexOf('/'));
            return Objects.requireNonNull(by.claim(user).block(PATIENCE)).keyPackage();
        }

        Change addingCarol() {
            return Change.adding(List.of(carols));
        }

        Change addingDave() {
            return Change.adding(List.of(daves));
        }

        /// What must be true after both commits are answered.
        void settle(Outcome alices, Outcome bobs) {
            boolean aliceWon = alices instanceof Outcome.Won;
            assertThat(bobs instanceof Outcome.Won).as("one wins").isNotEqualTo(aliceWon);
            var winner = aliceWon ? alice : bob;
            var loser = aliceWon ? bob : alice;
            var invited = aliceWon ? carol : dave;
            var other = aliceWon ? dave : carol;
            var won = (Outcome.Won) (aliceWon ? alices : bobs);

            var stored = Objects.requireNonNull(loser.fetchGroupInfo().block(PATIENCE));
            assertThat(stored.message())
                    .as("I5: the stored GroupInfo is the winner's")
                    .isEqualTo(winner.stagedGroupInfo().block(PATIENCE));
            awaitSameStanding(List.of(winner, loser, invited));
            assertThat(invited.welcomes().block(PATIENCE))
                    .singleElement()
                    .satisfies(received ->
                            assertThat(received.cursor().position()).isEqualTo(won.position()));

            // The loser rebases. Anything that its first commit had sent would arrive before this.
            var again = aliceWon ? addingDave() : addingCarol();
            var second = Objects.requireNonNull(loser.commit(again).block(PATIENCE));
            assertThat(second).isInstanceOf(Outcome.Won.class);
            awaitSameStanding(all());
            assertThat(other.welcomes().block(PATIENCE))
                    .as("I5: the losing commit had no effect")
                    .singleElement()
                    .satisfies(received ->
                            assertThat(received.cursor().position())
                                    .isEqualTo(((Outcome.Won) second).position()));
            assertThat(invited.welcomes().block(PATIENCE)).hasSize(1);
        }

        private static void awaitSameStanding(List<RacingMember> members) {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> {
                        var statuses =
                                members.stream().map(m -> m.status().block()).distinct().toList();
                        return statuses.size() == 1 && !"not joined".equals(statuses.getFirst());
                    });
        }

        @Override
        public void close() {
            all().forEach(RacingMember::close);
        }
    }
}
