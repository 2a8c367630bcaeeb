package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsMessageReader;
import io.lockstep.wire.proto.GroupPolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Compares a running server with the OpenAPI document that it serves, in both directions: each
/// answer that an operation describes by its status occurs at least once.
final class OpenApiIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("open/api?".getBytes(StandardCharsets.UTF_8)));
    private static final String IN_GROUP = "/v1/groups/" + base64Url(GROUP.bytes());
    private static final String ALICE = "alice/laptop";
    private static final String BOB = "bob/phone";
    private static final String JSON = "application/json";
    private static final String MLS = "message/mls";

    @TempDir private Path folder;
    private KillableServer server;
    private OpenApiContract contract;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final EngineThread engine =
            BouncyCastleEngine.start("open-api-mls", InstantSource.system());
    private final ClientNetwork network = ClientNetwork.start(1);
    private final List<LockstepClient> clients = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        server = KillableServer.start(folder);
        var document =
                http.send(
                        HttpRequest.newBuilder(URI.create(server.http() + "/openapi.yaml")).build(),
                        BodyHandlers.ofString());
        contract = new OpenApiContract(document.body());
    }

    @AfterEach
    void stop() {
        clients.forEach(LockstepClient::close);
        network.close();
        engine.close();
        http.close();
        server.close();
    }

    // PROTOCOL R-HTTP-2
    @Test
    void everyAnswerIsDescribedAndEveryDescribedAnswerOccurs() throws Exception {
        healthAndSelf();
        var bob = identity(BOB);
        keyPackages(bob);
        claimPolicy();
        group();
        blobs();
        devices();
        deletion();
        account();

        var unseen = new TreeSet<>(contract.described());
        unseen.removeAll(contract.seen());
        // A server that answers here is alive and ready; another test provokes problems.
        unseen.removeIf(answer -> answer.endsWith(" default"));
        assertThat(unseen).containsExactly("live 503", "ready 503");
    }

    // PROTOCOL R-HTTP-4
    @Test
    void everyOperationThatRequiresATokenRefusesWithoutOne() throws Exception {
        for (var path : contract.document().path("paths").propertyNames()) {
            var item = contract.document().path("paths").path(path);
            for (var method : item.propertyNames()) {
                if (method.equals("parameters") || item.path(method).has("security")) {
                    continue;
                }
                var concrete = path.replaceAll("\\{[a-z0-9]+}", "aaaa");
                var request =
                        HttpRequest.newBuilder(URI.create(server.http() + concrete))
                                .header("content-type", bodyType(item.path(method)))
                                .method(method.toUpperCase(Locale.ROOT), noBody());
                assertThat(answer(request, method, concrete).statusCode())
                        .as("%s %s", method, path)
                        .isEqualTo(401);
            }
        }
    }

    // PROTOCOL R-CORS-3
    @Test
    void pagesMayReadEveryDescribedHeader() throws Exception {
        var origin = "http://localhost:3000";
        var request =
                HttpRequest.newBuilder(URI.create(server.http() + "/livez"))
                        .header("origin", origin);
        var exposed =
                answer(request, "GET", "/livez")
                        .headers()
                        .firstValue("access-control-expose-headers")
                        .orElse("");

        // The Fetch standard lets a page read Cache-Control of every answer.
        assertThat(List.of(exposed.split(", ", -1))).containsAll(contract.headers("cache-control"));
    }

    private static String bodyType(JsonNode operation) {
        if (operation.path("requestBody").has("$ref")) {
            return MLS;
        }
        var types = operation.path("requestBody").path("content").propertyNames();
        return types.isEmpty() ? JSON : types.iterator().next();
    }

    private void healthAndSelf() throws Exception {
        for (var path : List.of("/livez", "/readyz", "/openapi.yaml")) {
            answer(HttpRequest.newBuilder(URI.create(server.http() + path)), "GET", path);
        }
    }

    private void keyPackages(MlsIdentity bob) throws Exception {
        var packages = keyPackages(bob, 4);
        assertThat(json(post(BOB, "/v1/key-packages", MLS, concatenated(packages))).path("stored"))
                .hasToString("4");
        var again = json(post(BOB, "/v1/key-packages", MLS, packages.getFirst().toArray()));
        assertThat(again.path("refused").path(0).path("code").stringValue())
                .isEqualTo("duplicate_key_package");
        assertThat(post(BOB, "/v1/key-packages", JSON, new byte[] {'{'}).statusCode())
                .isEqualTo(415);
        assertThat(post(BOB, "/v1/key-packages", MLS, new byte[] {0, 1, 0, 9}).statusCode())
                .isEqualTo(400);

        var fresh = keyPackages(bob, 3);
        send("PUT", BOB, "/v1/key-packages", MLS, concatenated(fresh));
        var ref = MlsMessageReader.readKeyPackages(fresh.getFirst(), 1).getFirst().ref();
        send("DELETE", BOB, "/v1/key-packages/" + base64Url(ref), "", new byte[0]);
        var counts = json(get(BOB, "/v1/key-packages"));
        assertThat(counts.path("suites").path("1").path("left").intValue()).isEqualTo(2);

        var one =
                json(post(ALICE, "/v1/users/bob/key-packages/claim", JSON, text("{'suites':[1]}")));
        assertThat(one.path("claimed").size()).isEqualTo(1);
        var none =
                json(post(ALICE, "/v1/users/bob/key-packages/claim", JSON, text("{'suites':[5]}")));
        assertThat(none.path("missing").path(0).path("code").stringValue())
                .isEqualTo("nothing_compatible");
        assertThat(
                        post(
                                        ALICE,
                                        "/v1/users/nobody/key-packages/claim",
                                        JSON,
                                        text("{'suites':[1]}"))
                                .statusCode())
                .isEqualTo(404);
        var many =
                post(
                        ALICE,
                        "/v1/key-packages/claim",
                        JSON,
                        text("{'users':['bob','nobody'],'suites':[1]}"));
        assertThat(new String(many.body(), StandardCharsets.UTF_8))
                .contains("\"bob/phone\"", "\"unknown_client\"");

        send("DELETE", BOB, "/v1/key-packages?suite=1", "", new byte[0]);
        assertThat(
                        json(get(BOB, "/v1/key-packages"))
                                .path("suites")
                                .path("1")
                                .path("left")
                                .asInt(0))
                .isZero();
        post(BOB, "/v1/key-packages", MLS, concatenated(keyPackages(bob, 2)));
    }

    private void claimPolicy() throws Exception {
        send("PUT", BOB, "/v1/claim-policy", JSON, text("{'allow':'listed','users':['carol']}"));
        assertThat(json(get(BOB, "/v1/claim-policy")).path("users").path(0).stringValue())
                .isEqualTo("carol");
        var refused = post(ALICE, "/v1/users/bob/key-packages/claim", JSON, text("{'suites':[1]}"));
        assertThat(json(refused).path("code").stringValue()).isEqualTo("unknown_client");
        send("PUT", BOB, "/v1/claim-policy", JSON, text("{'allow':'anyone'}"));
    }

    /// Alice creates a group and adds Bob, with a separate tree. Bob's Welcome is fetched.
    private void group() throws Exception {
        assertThat(get(ALICE, IN_GROUP + "/group-info").statusCode()).isEqualTo(404);
        var claimed =
                json(post(ALICE, "/v1/users/bob/key-packages/claim", JSON, text("{'suites':[1]}")));
        var keyPackage =
                Bytes.wrap(
                        Base64.getDecoder()
                                .decode(
                                        claimed.path("claimed")
                                                .path(0)
                                                .path("key_package")
                                                .stringValue()));
        var alice = connect(ALICE);
        var mls = identity(ALICE);
        var group = call(engine.call(_ -> mls.createGroup(GROUP)));
        call(
                alice.createGroup(
                        GROUP,
                        0,
                        GroupPolicy.getDefaultInstance(),
                        call(engine.call(_ -> group.groupInfo()))));
        var staged =
                call(
                        engine.call(_ ->
                                group.stage(
                                        MlsGroup.Change.adding(List.of(keyPackage)),
                                        MlsGroup.TreeLocation.APART)));
        call(
                alice.commit(
                        new CommitBundle(
                                GROUP,
                                staged.commit(),
                                staged.welcome(),
                                staged.groupInfo(),
                                staged.ratchetTree(),
                                List.of(),
                                List.of(),
                                0)));
        var state = json(get(ALICE, IN_GROUP));
        assertThat(state.path("position").intValue()).isEqualTo(1);
        assertThat(state.path("policy").path("change").stringValue()).isEqualTo("POLICY_CREATOR");
        assertThat(get("mallory/phone", IN_GROUP).statusCode()).isEqualTo(403);
        var info = get(ALICE, IN_GROUP + "/group-info");
        assertThat(info.headers().firstValue("lockstep-ratchet-tree")).isPresent();
        assertThat(get("mallory/phone", IN_GROUP + "/group-info").statusCode()).isEqualTo(403);

        groupInfoApart(alice, engineGroup(group, staged));

        var client = client(BOB);
        var first = client.events().ofType(ClientEvent.WelcomeReceived.class).next().cache();
        var _ = first.subscribe();
        call(client.connect());
        var item = call(first);
        assertThat(json(get(BOB, "/v1/inbox")).path("pieces").asInt(0)).isPositive();
        var welcome = get(BOB, "/v1/inbox/" + base64Url(item.id()) + "/welcome");
        assertThat(Bytes.wrap(welcome.body())).isEqualTo(item.welcome());
        assertThat(get(ALICE, "/v1/inbox/" + base64Url(item.id()) + "/welcome").statusCode())
                .isEqualTo(403);
    }

    private MlsGroup engineGroup(MlsGroup group, MlsGroup.StagedCommit merged) {
        return call(
                engine.call(_ -> {
                    group.merge(merged);
                    return group;
                }));
    }

    /// Alice proposes, and puts a GroupInfo apart from a commit.
    private void groupInfoApart(LockstepClient alice, MlsGroup group) throws Exception {
        var path = IN_GROUP + "/group-info";
        var info = call(engine.call(_ -> group.groupInfo())).toArray();
        assertThat(send("PUT", ALICE, path, MLS, info).statusCode()).isEqualTo(204);
        assertThat(send("PUT", "mallory/phone", path, MLS, info).statusCode()).isEqualTo(403);

        var proposal =
                call(
                        engine.call(_ ->
                                group.proposeRemove(
                                        Bytes.wrap(BOB.getBytes(StandardCharsets.UTF_8)))));
        call(alice.send(GROUP, proposal));
        assertThat(get(ALICE, path).headers().firstValue("lockstep-proposals")).contains("2");
        var pending = json(get(ALICE, IN_GROUP + "/proposals?after=1"));
        assertThat(pending.path("proposals").path(0).path("position").intValue()).isEqualTo(2);
        assertThat(get("mallory/phone", IN_GROUP + "/proposals").statusCode()).isEqualTo(403);
    }

    private void blobs() throws Exception {
        var bytes = Bytes.wrap(new byte[100_000]);
        var path = IN_GROUP + "/blobs/" + bytes.sha256().hex();
        var binary = "application/octet-stream";
        assertThat(send("PUT", ALICE, path, binary, bytes.toArray()).statusCode()).isEqualTo(201);
        assertThat(send("PUT", ALICE, path, binary, bytes.toArray()).statusCode()).isEqualTo(200);
        assertThat(json(send("PUT", ALICE, path, binary, new byte[3])).path("code").stringValue())
                .isEqualTo("reference_mismatch");
        assertThat(get(ALICE, path).body()).isEqualTo(bytes.toArray());
        assertThat(get(ALICE, path, "Range", "bytes=10-19").body()).hasSize(10);
        assertThat(get(ALICE, path, "Range", "bytes=100000-").statusCode()).isEqualTo(416);
        assertThat(get(ALICE, path, "If-None-Match", '"' + bytes.sha256().hex() + '"').statusCode())
                .isEqualTo(304);
        assertThat(get("mallory/phone", path).statusCode()).isEqualTo(403);
    }

    private void devices() throws Exception {
        post(
                "bob/tablet",
                "/v1/key-packages",
                MLS,
                keyPackages(identity("bob/tablet"), 1).getFirst().toArray());
        assertThat(json(get(BOB, "/v1/devices")).path("devices").size()).isEqualTo(2);
        send("DELETE", BOB, "/v1/devices/tablet", "", new byte[0]);
        assertThat(json(get("bob/tablet", "/v1/devices")).path("code").stringValue())
                .isEqualTo("device_revoked");
    }

    private void deletion() throws Exception {
        assertThat(
                        json(send("DELETE", ALICE, IN_GROUP, "", new byte[0]))
                                .path("code")
                                .stringValue())
                .isEqualTo("group_in_use");
        var group = new GroupId(Bytes.wrap(text("short-lived")));
        call(
                connect("carol/phone")
                        .createGroup(group, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY));
        var path = "/v1/groups/" + base64Url(group.bytes());
        assertThat(send("DELETE", "carol/phone", path, "", new byte[0]).statusCode())
                .isEqualTo(204);
    }

    private void account() throws Exception {
        assertThat(send("DELETE", BOB, "/v1/account", "", new byte[0]).statusCode()).isEqualTo(204);
        assertThat(json(get(BOB, "/v1/devices")).path("devices").size()).isZero();
    }

    private MlsIdentity identity(String client) {
        return call(
                engine.call(mls ->
                        mls.newIdentity(Bytes.wrap(client.getBytes(StandardCharsets.UTF_8)), 1)));
    }

    private List<Bytes> keyPackages(MlsIdentity identity, int count) {
        return call(
                engine.call(_ -> {
                    var made = new ArrayList<Bytes>();
                    for (int i = 0; i < count; i++) {
                        made.add(identity.newKeyPackage());
                    }
                    return made;
                }));
    }

    private static byte[] concatenated(List<Bytes> all) {
        var out = new java.io.ByteArrayOutputStream();
        all.forEach(bytes -> out.writeBytes(bytes.toArray()));
        return out.toByteArray();
    }

    private LockstepClient connect(String name) {
        var client = client(name);
        call(client.connect());
        return client;
    }

    private LockstepClient client(String name) {
        var client =
                Clients.create(
                        network,
                        server,
                        name,
                        Backoff.ofDefaults(RandomGenerator.of("L64X128MixRandom")));
        clients.add(client);
        return client;
    }

    private static <T> T call(Mono<T> mono) {
        return Optional.ofNullable(mono.block(PATIENCE)).orElseThrow();
    }

    private HttpResponse<byte[]> get(String client, String path, String... headers)
            throws Exception {
        var request = as(client, path).GET();
        if (headers.length > 0) {
            request.headers(headers);
        }
        return answer(request, "GET", path);
    }

    private HttpResponse<byte[]> post(String client, String path, String type, byte[] body)
            throws Exception {
        return send("POST", client, path, type, body);
    }

    private HttpResponse<byte[]> send(
            String method, String client, String path, String type, byte[] body) throws Exception {
        var request =
                as(client, path)
                        .method(
                                method,
                                body.length == 0 ? noBody() : BodyPublishers.ofByteArray(body));
        if (!type.isEmpty()) {
            request.header("content-type", type);
        }
        return answer(request, method, path);
    }

    private static HttpRequest.BodyPublisher noBody() {
        return BodyPublishers.noBody();
    }

    private HttpRequest.Builder as(String client, String path) {
        return HttpRequest.newBuilder(URI.create(server.http() + path))
                .header("authorization", "Bearer dev:" + client);
    }

    private HttpResponse<byte[]> answer(HttpRequest.Builder request, String method, String path)
            throws Exception {
        var answer = http.send(request.build(), BodyHandlers.ofByteArray());
        int query = path.indexOf('?');
        contract.check(method, query < 0 ? path : path.substring(0, query), answer);
        return answer;
    }

    private static JsonNode json(HttpResponse<byte[]> answer) {
        return JsonMapper.shared().readTree(answer.body());
    }

    /// JSON with single quotes, converted to bytes.
    private static byte[] text(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private static String base64Url(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toArray());
    }
}
