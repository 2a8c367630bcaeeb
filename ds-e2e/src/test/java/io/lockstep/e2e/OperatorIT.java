package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.RefusedException;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ControlEntry;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.ReinitRule;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The operator repairs groups with the commands of `lockstep groups`, on two nodes.
final class OperatorIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TOKEN = OperatorCommands.TOKEN;

    @TempDir private Path folder;
    private OperatorCommands operator;
    private KillableServer server;
    private ClientNetwork network;
    private final List<LockstepClient> clients = new ArrayList<>();
    private final List<Delivered> seen = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() {
        operator = OperatorCommands.in(folder);
        server = KillableServer.start(folder.resolve("first"), operator.withToken());
        network = ClientNetwork.start(2);
    }

    @AfterEach
    void stop() {
        clients.forEach(LockstepClient::close);
        network.close();
        server.close();
    }

    private CommandRunner.Ran groups(KillableServer node, String... arguments) {
        return operator.groups(node, arguments);
    }

    /// @param retries how often a submission is sent again that is refused for now
    private LockstepClient client(KillableServer node, String name, int retries) {
        var quick =
                new Backoff(Duration.ofMillis(20), Duration.ofMillis(200), retries, new Random(1));
        var client =
                LockstepClient.create(
                        network,
                        ClientConfig.of(node.webSocket(), node.http(), () -> "dev:" + name, quick));
        clients.add(client);
        client.connect().block(PATIENCE);
        return client;
    }

    /// A client that joins by itself, and sees every entry.
    private LockstepClient reader(KillableServer node, String name, GroupId group, long epoch) {
        var client = client(node, name, 1000);
        client.commit(external(group, epoch)).block(PATIENCE);
        client.events().ofType(Delivered.class).subscribe(seen::add);
        client.attach(group).block(PATIENCE);
        return client;
    }

    private static CommitBundle external(GroupId group, long epoch) {
        return bundle(group, MlsBytes.externalCommit(group, epoch, "joins in " + epoch));
    }

    private static CommitBundle commit(GroupId group, long epoch, String content) {
        return bundle(
                group,
                MlsBytes.privateMessage(group, epoch, ContentType.COMMIT, MlsBytes.text(content)));
    }

    private static CommitBundle bundle(GroupId group, Bytes message) {
        return new CommitBundle(
                group, message, Bytes.EMPTY, Bytes.EMPTY, Bytes.EMPTY, List.of(), List.of(), 0);
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(condition);
    }

    private List<ControlEntry> control(ControlEntry.EventCase event) {
        return seen.stream()
                .flatMap(delivered -> delivered.control().stream())
                .filter(entry -> entry.getEventCase() == event)
                .toList();
    }

    private List<String> listed() {
        return groups(server, "list", "--broken").successfully().out();
    }

    private static Code refusalOf(Callable<?> call) throws Exception {
        try {
            call.call();
        } catch (RefusedException refused) {
            return Code.valueOf(refused.code().toUpperCase(Locale.ROOT));
        }
        throw new AssertionError("it was accepted");
    }

    // PROTOCOL R-OPERATOR-1
    @Test
    @DisplayName("I1: the operator voids a junk commit that the members alone cannot void")
    void aBrokenGroupIsRepaired() {
        var group = MlsBytes.group("broken");
        var alice = client(server, "alice/phone", 1000);
        alice.createGroup(group, 0, GroupPolicy.newBuilder().setVoidAfter(2).build(), Bytes.EMPTY)
                .block(PATIENCE);
        var bob = reader(server, "alice/laptop", group, 0);
        alice.send(group, MlsBytes.application(group, 1, "confirms")).block(PATIENCE);
        long junk =
                Objects.requireNonNull(alice.commit(commit(group, 1, "junk")).block(PATIENCE))
                        .position();
        bob.reject(group, junk, "no idea what this is").block(PATIENCE);

        await(() ->
                listed().stream().anyMatch(line -> line.startsWith("broken  broken: rejected")));
        var shown = groups(server, "show", "broken").successfully();
        assertThat(shown.valueOf("epoch")).isEqualTo("2");
        assertThat(shown.valueOf("provisional"))
                .startsWith("commit at position " + junk + ", ")
                .endsWith(", 1 rejection");

        assertThat(groups(server, "void", "broken", "--why", "ticket 4711").successfully().out())
                .containsExactly("now void: epoch 1, position " + (junk + 2));

        await(() -> !control(ControlEntry.EventCase.VOIDED).isEmpty());
        var voided = control(ControlEntry.EventCase.VOIDED).getFirst().getVoided();
        assertThat(voided.getPosition()).isEqualTo(junk);
        assertThat(voided.getByOperator()).isTrue();
        assertThat(voided.getEvidence()).isEqualTo("ticket 4711");
        var afterVoid = groups(server, "show", "broken").successfully();
        assertThat(afterVoid.out()).noneMatch(line -> line.startsWith("provisional"));
        await(() -> groups(server, "show", "broken").valueOf("state").equals("broken: voided"));
        long next =
                Objects.requireNonNull(bob.commit(commit(group, 1, "good")).block(PATIENCE))
                        .position();
        bob.commit(commit(group, 2, "better")).block(PATIENCE);
        long last =
                Objects.requireNonNull(
                                alice.send(group, MlsBytes.application(group, 3, "applied both"))
                                        .block(PATIENCE))
                        .position();
        alice.directory().putGroupInfo(group, last, MlsBytes.groupInfo(group, 3)).block(PATIENCE);
        assertThat(groups(server, "show", "broken").successfully().valueOf("state"))
                .isEqualTo("healthy");
        assertThat(listed()).containsExactly("no group is broken");
        assertThat(groups(server, "list").successfully().out())
                .singleElement()
                .asString()
                .startsWith("broken  healthy  last trouble ")
                .contains("rejection 1, void 1");

        var confirmed = groups(server, "void", "broken", "--why", "x", "--position", "" + next);
        assertThat(confirmed.exit()).isEqualTo(1);
        assertThat(confirmed.error()).contains(Code.COMMIT_NOT_PROVISIONAL.wireName());
    }

    // PROTOCOL R-FREEZE-1 R-FREEZE-2 R-FREEZE-3
    @Test
    void aFreezeHoldsOnEveryNode() throws Exception {
        var group = MlsBytes.group("frozen");
        try (var peer = server.startPeer(folder.resolve("second"), operator.withToken())) {
            var alice = client(server, "alice/phone", 1);
            alice.createGroup(group, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY)
                    .block(PATIENCE);
            var bob = reader(peer, "alice/laptop", group, 0);
            alice.send(group, MlsBytes.application(group, 1, "before")).block(PATIENCE);
            bob.send(group, MlsBytes.application(group, 1, "before, too")).block(PATIENCE);

            groups(peer, "freeze", "frozen", "--why", "a court order").successfully();
            assertThat(groups(server, "freeze", "frozen", "--why", "again").successfully().out())
                    .first()
                    .asString()
                    .startsWith("already frozen: ");

            await(() -> !control(ControlEntry.EventCase.FROZEN).isEmpty());
            assertThat(control(ControlEntry.EventCase.FROZEN).getFirst().getFrozen().getEvidence())
                    .isEqualTo("a court order");
            for (var text : List.of("late", "later")) {
                var late = MlsBytes.application(group, 1, text);
                assertThat(refusalOf(() -> alice.send(group, late).block(PATIENCE)))
                        .isEqualTo(Code.GROUP_FROZEN);
            }
            assertThat(groups(server, "show", "frozen").successfully().valueOf("frozen"))
                    .endsWith(": a court order");
            // Reading goes on: a client attaches and gets everything.
            int before = seen.size();
            var carol = client(server, "alice/phone", 1);
            carol.events().ofType(Delivered.class).subscribe(seen::add);
            carol.attach(group).block(PATIENCE);
            await(() -> seen.size() >= before + 4);

            var waiting = bob.send(group, MlsBytes.application(group, 1, "waits")).toFuture();
            assertThat(waiting).isNotDone();
            groups(server, "thaw", "frozen", "--why", "the order was lifted").successfully();
            assertThat(waiting.get(60, TimeUnit.SECONDS).position()).isGreaterThan(0);
            await(() -> !control(ControlEntry.EventCase.THAWED).isEmpty());
        }
    }

    // PROTOCOL R-OPERATOR-2
    @Test
    void aResetNamesASuccessorWhateverThePolicySays() throws Exception {
        var group = MlsBytes.group("beyond repair");
        var alice = client(server, "alice/phone", 1);
        alice.createGroup(
                        group,
                        0,
                        GroupPolicy.newBuilder().setReinit(ReinitRule.REINIT_NOBODY).build(),
                        Bytes.EMPTY)
                .block(PATIENCE);
        var successor = MlsBytes.group("next");
        assertThat(refusalOf(() -> alice.reinit(group, successor).block(PATIENCE)))
                .isEqualTo(Code.REINIT_NOT_ALLOWED);

        groups(server, "reset", "beyond repair", "--successor", "next", "--why", "lost")
                .successfully();

        assertThat(
                        refusalOf(() ->
                                alice.send(group, MlsBytes.application(group, 0, "late"))
                                        .block(PATIENCE)))
                .isEqualTo(Code.GROUP_REINITIALIZED);
        var other =
                groups(
                        server,
                        "reset",
                        "hex:" + group.bytes().hex(),
                        "--successor",
                        "another",
                        "--why",
                        "lost");
        assertThat(other.error()).contains(Code.GROUP_REINITIALIZED.wireName());
        assertThat(groups(server, "show", "beyond repair").successfully().valueOf("successor"))
                .isEqualTo("next");
    }

    private static HttpResponse<String> call(URI uri, String authorization, String body)
            throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(body));
            if (!authorization.isEmpty()) {
                request.header("Authorization", authorization);
            }
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void onlyTheTokenOpensTheOperations() throws Exception {
        var freeze = server.operations().resolve("/groups/Z3JvdXA/freeze");
        var body = "{\"why\":\"a test\"}";
        for (var wrong : List.of("", "Bearer ", "Bearer " + TOKEN + "0", "Basic " + TOKEN)) {
            var refused = call(freeze, wrong, body);
            assertThat(refused.statusCode()).as(wrong).isEqualTo(401);
            assertThat(refused.body()).contains("\"code\":\"unauthenticated\"");
            assertThat(refused.headers().firstValue("www-authenticate")).contains("Bearer");
        }
        var right = "Bearer " + TOKEN;
        assertThat(call(freeze, right, body).body()).contains("\"code\":\"unknown_group\"");
        assertThat(call(freeze, right, "{}").body()).contains("\"code\":\"invalid_request\"");
        assertThat(call(freeze, right, "x".repeat(5000)).statusCode()).isEqualTo(413);
        assertThat(call(freeze.resolve("burn"), right, body).statusCode()).isEqualTo(404);
        assertThat(call(freeze.resolve("."), right, body).statusCode()).isEqualTo(404);
        assertThat(call(server.operations().resolve("/groups/Z3JvdXA"), right, body).statusCode())
                .isEqualTo(405);

        try (var without = KillableServer.start(folder.resolve("without"))) {
            var missing = call(without.operations().resolve("/groups/Z3JvdXA/freeze"), right, body);
            assertThat(missing.statusCode()).isEqualTo(404);
            assertThat(missing.body()).contains("operations.token-file");
        }
        assertThatThrownBy(() ->
                        KillableServer.start(
                                folder.resolve("short"),
                                "--set",
                                "operations.token-file="
                                        + Files.writeString(folder.resolve("short.token"), "x")))
                .hasMessageContaining("does not hold a token");
    }
}
