package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.RefusedException;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.GroupPolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/// The operator deletes groups that their members cannot, or that a node has frozen.
final class OperatorDeletionIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final GroupId GROUP = MlsBytes.group("unwanted");
    private static final String PATH =
            "/v1/groups/"
                    + Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(GROUP.bytes().toArray());

    @TempDir private Path folder;
    private OperatorCommands operator;
    private KillableServer server;
    private ClientNetwork network;

    @BeforeEach
    void start() {
        operator = OperatorCommands.in(folder);
        server = KillableServer.start(folder.resolve("first"), operator.withToken());
        network = ClientNetwork.start(2);
    }

    @AfterEach
    void stop() {
        network.close();
        server.close();
    }

    // PROTOCOL R-DELETE-7
    @Test
    void aGroupWithMembersOfOtherUsersIsDeletedOnEveryNode() throws Exception {
        try (var peer = server.startPeer(folder.resolve("second"), operator.withToken())) {
            var alice = Clients.connect(network, server, "alice/phone");
            var bob = Clients.connect(network, peer, "bob/phone");
            createWith(alice, "bob/phone");
            call(alice.attach(GROUP));
            call(bob.attach(GROUP));
            call(bob.send(GROUP, MlsBytes.application(GROUP, 1, "hello")));
            assertThat(server.delete(PATH, "dev:alice/phone")).isEqualTo(409);
            var cursor = call(bob.cursor(GROUP)).orElseThrow();
            var ofAlice = events(alice);
            var ofBob = events(bob);
            assertThat(storedKeys()).hasSizeGreaterThan(5);
            var incarnation =
                    operator.groups(server, "show", "unwanted")
                            .successfully()
                            .valueOf("incarnation");

            assertThat(delete("--incarnation", incarnation).successfully().out())
                    .containsExactly("now deleted: incarnation " + incarnation);

            awaitDetached(ofAlice, Code.GROUP_DELETED);
            awaitDetached(ofBob, Code.GROUP_DELETED);
            assertThat(storedKeys()).isEmpty();
            assertThat(refusal(bob.attach(cursor))).isEqualTo(Code.GROUP_DELETED.wireName());
            assertThat(delete("--incarnation", incarnation).successfully().out())
                    .containsExactly("already deleted: incarnation " + incarnation);
            assertThat(delete().error()).contains(Code.UNKNOWN_GROUP.wireName());
            assertThat(server.log())
                    .contains(
                            "group "
                                    + GROUP.bytes().hex()
                                    + ": the operator's delete of incarnation "
                                    + incarnation
                                    + " begins, evidence: ticket 4711");
            assertThat(metrics(server)).contains("lockstep_groups_operator_deletions_total 1.0");

            createWith(alice, "bob/phone");
            var _ = bob.attach(cursor).onErrorComplete().subscribe();
            await(
                    ofBob,
                    event ->
                            event instanceof ClientEvent.HistoryGap gap
                                    && gap.code().equals("other_incarnation"));
            assertThat(delete("--incarnation", incarnation).successfully().out())
                    .containsExactly("already deleted: incarnation " + incarnation);
            call(bob.send(GROUP, MlsBytes.application(GROUP, 1, "in the second")));
            alice.close();
            bob.close();
        }
    }

    /// A node that found another history in the store forgets it with the group.
    @Test
    void aGroupThatANodeHasFrozenIsDeletedAndCreatedAgain() {
        var alice = Clients.connect(network, server, "alice/phone");
        createWith(alice, "alice/laptop");
        call(alice.attach(GROUP));
        var seen = events(alice);
        try (var stored = new StoredKeys(server)) {
            stored.changeHead();
        }
        var waiting = alice.send(GROUP, MlsBytes.application(GROUP, 1, "waits")).toFuture();
        awaitDetached(seen, Code.GROUP_FROZEN);
        assertThat(waiting).isNotDone();

        assertThat(delete().successfully().out())
                .singleElement()
                .asString()
                .startsWith("now deleted: incarnation ");

        assertThat(storedKeys()).isEmpty();
        assertThat(waiting)
                .failsWithin(PATIENCE)
                .withThrowableThat()
                .withMessageContaining(Code.UNKNOWN_GROUP.wireName());
        createWith(alice, "alice/laptop");
        call(alice.send(GROUP, MlsBytes.application(GROUP, 1, "in the second")));
        alice.close();
    }

    private CommandRunner.Ran delete(String... options) {
        var all = new String[4 + options.length];
        all[0] = "delete";
        all[1] = "unwanted";
        all[2] = "--why";
        all[3] = "ticket 4711";
        System.arraycopy(options, 0, all, 4, options.length);
        return operator.groups(server, all);
    }

    private static void createWith(LockstepClient creator, String other) {
        call(creator.createGroup(GROUP, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY));
        call(
                creator.commit(
                        new CommitBundle(
                                GROUP,
                                MlsBytes.commit(GROUP, 0, "adds another member"),
                                Bytes.EMPTY,
                                Bytes.EMPTY,
                                Bytes.EMPTY,
                                List.of(other),
                                List.of(),
                                0)));
    }

    private static List<ClientEvent> events(LockstepClient client) {
        var seen = new CopyOnWriteArrayList<ClientEvent>();
        client.events().subscribe(seen::add);
        return seen;
    }

    private static void awaitDetached(List<ClientEvent> seen, Code code) {
        await(
                seen,
                event ->
                        event instanceof ClientEvent.GroupDetached detached
                                && detached.code().equals(code.wireName()));
    }

    private static void await(List<ClientEvent> seen, Predicate<ClientEvent> wanted) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> seen.stream().anyMatch(wanted));
    }

    private static String refusal(Mono<?> refused) {
        return refused.map(_ -> "accepted")
                .onErrorResume(RefusedException.class, e -> Mono.just(e.refusal().code()))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private Set<String> storedKeys() {
        try (var stored = new StoredKeys(server)) {
            return stored.all();
        }
    }

    private static String metrics(KillableServer node) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create(node.operations() + "/metrics"));
            return http.send(request.build(), BodyHandlers.ofString()).body();
        }
    }

    private static <T> T call(Mono<T> mono) {
        return Optional.ofNullable(mono.block(PATIENCE)).orElseThrow();
    }
}
