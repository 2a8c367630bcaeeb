package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A node is replaced while its clients receive and send: they move to another one behind the same
/// address, each at its own time.
final class DrainIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final GroupId GROUP = MlsBytes.group("moved to another node");
    private static final int MEMBERS = 20;

    @TempDir private Path folder;

    private record Member(
            LockstepClient client,
            ConcurrentLinkedQueue<Long> positions,
            ConcurrentLinkedQueue<ClientEvent> moves) {}

    // PROTOCOL R-LIFE-12 R-LIFE-13
    @Test
    @DisplayName("I2, I4: a drain loses nothing, doubles nothing, and each session moves once")
    void clientsMoveBeforeTheirNodeEnds() throws Exception {
        try (var stays = KillableServer.start(folder.resolve("stays"));
                var goes = stays.startPeer(folder.resolve("goes"), "--set", "limits.drain=4s");
                var proxy = SwitchableProxy.start(goes.http());
                var network = ClientNetwork.start(2)) {
            var creator = Clients.connect(network, stays, "creator/phone");
            var names = IntStream.range(0, MEMBERS).mapToObj(i -> "m" + i + "/phone").toList();
            creator.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY)
                    .block(PATIENCE);
            creator.commit(
                            new CommitBundle(
                                    GROUP,
                                    MlsBytes.commit(GROUP, 0, "add all"),
                                    Bytes.EMPTY,
                                    Bytes.EMPTY,
                                    Bytes.EMPTY,
                                    names,
                                    List.of(),
                                    0))
                    .block(PATIENCE);
            var members = names.stream().map(name -> member(network, proxy, name)).toList();

            proxy.switchTo(stays.http());
            goes.terminate();
            long sent = 1;
            var stopped = goes.end();
            // Half of the messages are sent by members that move.
            while (!stopped.isDone()) {
                var sender = members.get((int) (sent % MEMBERS)).client();
                for (var one : List.of(creator, sender)) {
                    one.send(GROUP, MlsBytes.application(GROUP, 1, "message " + ++sent))
                            .block(PATIENCE);
                }
            }
            assertThat(stopped.join().exitValue()).isZero();

            long last = sent;
            var all = LongStream.rangeClosed(2, last).boxed().toList();
            for (var member : members) {
                Awaitility.await()
                        .atMost(PATIENCE)
                        .untilAsserted(() ->
                                assertThat(member.positions())
                                        .hasSizeGreaterThanOrEqualTo(all.size()));
                assertThat(member.positions()).containsExactlyElementsOf(all);
                assertThat(new ArrayList<>(member.moves()))
                        .hasSize(3)
                        .element(1)
                        .isInstanceOfSatisfying(
                                ClientEvent.Disconnected.class,
                                left -> {
                                    assertThat(left.code()).isEqualTo(Code.GOING_AWAY.number());
                                    assertThat(left.reason()).isEqualTo("the server drains");
                                });
                member.client().close();
            }
            assertThat(goes.log()).contains("drains " + MEMBERS + " sessions over 4 s");
            creator.close();
        }
    }

    private static Member member(ClientNetwork network, SwitchableProxy proxy, String name) {
        var client =
                LockstepClient.create(
                        network,
                        ClientConfig.of(
                                proxy.uri("ws", "/v1/ws"),
                                proxy.uri("http", ""),
                                () -> "dev:" + name,
                                Backoff.ofDefaults(new Random(name.hashCode()))));
        var member =
                new Member(client, new ConcurrentLinkedQueue<>(), new ConcurrentLinkedQueue<>());
        client.events()
                .subscribe(event -> {
                    switch (event) {
                        case ClientEvent.Delivered delivered -> {
                            member.positions().add(delivered.position());
                            client.acknowledge(delivered);
                        }
                        case ClientEvent.Connected _, ClientEvent.Disconnected _ ->
                                member.moves().add(event);
                        default -> {}
                    }
                });
        client.connect().block(PATIENCE);
        client.attach(GROUP).block(PATIENCE);
        return member;
    }
}
