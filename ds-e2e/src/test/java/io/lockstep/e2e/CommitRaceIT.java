package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.e2e.RacingMember.Outcome;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/// Twenty real MLS members commit for the same epoch at once, fifty times in a row.
final class CommitRaceIT {
    private static final int MEMBERS = 20;
    private static final int ROUNDS = 50;
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("race".getBytes(StandardCharsets.UTF_8)));

    @TempDir private Path folder;

    // PROTOCOL R-ORDER-2
    @Test
    @DisplayName("I1: one commit wins each epoch, and every loser rebases from its refusal alone")
    void oneCommitWinsEachEpochOnOneServer() {
        try (var server = KillableServer.start(folder.resolve("a"))) {
            race(List.of(server));
        }
    }

    // PROTOCOL R-ORDER-2
    @Test
    @DisplayName("I1: the same with two server processes on one Redis")
    void oneCommitWinsEachEpochOnTwoServers() throws Exception {
        try (var first = KillableServer.start(folder.resolve("a"))) {
            try (var second = first.startPeer(folder.resolve("b"))) {
                race(List.of(first, second));
            }
        }
    }

    private static void race(List<KillableServer> servers) {
        var random = new Random(9420);
        try (var network = ClientNetwork.start(2);
                var one = BouncyCastleEngine.start("mls-0", InstantSource.system());
                var two = BouncyCastleEngine.start("mls-1", InstantSource.system())) {
            var engines = List.of(one, two);
            var members = new ArrayList<RacingMember>();
            for (int i = 0; i < MEMBERS; i++) {
                var name = "m%02d/d".formatted(i);
                var server = servers.get(i % servers.size());
                members.add(
                        new RacingMember(
                                name,
                                engines.get(i % engines.size()),
                                network,
                                ClientConfig.of(
                                        server.webSocket(),
                                        server.http(),
                                        () -> "dev:" + name,
                                        Backoff.ofDefaults(random))));
            }
            gather(members);
            for (int round = 1; round <= ROUNDS; round++) {
                raceOnce(members, round);
            }
            members.forEach(RacingMember::close);
        }
    }

    private static void gather(List<RacingMember> members) {
        Flux.fromIterable(members).flatMap(RacingMember::connect).blockLast();
        var creator = members.getFirst();
        var joiners = members.subList(1, members.size());
        Flux.fromIterable(joiners).flatMap(RacingMember::publishKeyPackage).blockLast();
        creator.create(GROUP).block();
        var keyPackages =
                Flux.fromIterable(joiners)
                        .concatMap(m -> creator.claim(m.name().substring(0, 3)))
                        .map(c -> c.keyPackage())
                        .collectList()
                        .block();
        assertThat(creator.commit(Change.adding(Objects.requireNonNull(keyPackages))).block())
                .isInstanceOf(Outcome.Won.class);
        awaitSameStanding(members);
    }

    private static void raceOnce(List<RacingMember> members, int round) {
        var outcomes =
                Flux.fromIterable(members)
                        .flatMap(m -> m.commit(Change.NONE), MEMBERS)
                        .collectList()
                        .block();
        assertThat(outcomes).hasSize(MEMBERS);
        assertThat(outcomes)
                .as("round %d: exactly one commit is accepted", round)
                .filteredOn(o -> o instanceof Outcome.Won)
                .hasSize(1);
        for (var outcome : Objects.requireNonNull(outcomes)) {
            if (outcome instanceof Outcome.Lost lost) {
                assertThat(lost.refusal().code()).isEqualTo(Code.EPOCH_CONFLICT.wireName());
                assertThat(lost.refusal().missedAll()).isTrue();
                assertThat(lost.appliedWithIt())
                        .as("round %d: the refusal brought what was missed", round)
                        .isGreaterThanOrEqualTo(lost.refusal().position());
                assertThat(lost.epochWithIt()).isEqualTo(lost.refusal().epoch());
            }
        }
        awaitSameStanding(members);
    }

    private static void awaitSameStanding(List<RacingMember> members) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(1))
                .until(() ->
                        statuses(members).stream().distinct().count() == 1
                                && !statuses(members).getFirst().equals("not joined"));
    }

    private static List<String> statuses(List<RacingMember> members) {
        return IntStream.range(0, members.size())
                .mapToObj(i -> Objects.requireNonNull(members.get(i).status().block()))
                .toList();
    }
}
