package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.frame.RetryClass;
import io.lockstep.wire.mls.GroupId;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// What is asked rather than streamed: KeyPackages and GroupInfo. Thread-safe.
public final class DirectoryClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final String MLS = "message/mls";

    /// What became of a publication.
    ///
    /// @param stored how many KeyPackages were taken
    /// @param refused one line for each that was not: index, code, detail
    public record Published(int stored, List<String> refused) {
        public Published {
            refused = List.copyOf(refused);
        }
    }

    /// A KeyPackage of one client, handed out for one use.
    ///
    /// @param client `user/device`
    /// @param ref its KeyPackageRef
    /// @param keyPackage MLSMessage with the KeyPackage
    public record Claimed(
            String client, Bytes ref, int suite, boolean lastResort, Bytes keyPackage) {}

    /// @param missing code by client, for devices without a KeyPackage that serves
    public record Claims(List<Claimed> claimed, Map<String, String> missing) {
        public Claims {
            claimed = List.copyOf(claimed);
            missing = Map.copyOf(missing);
        }
    }

    /// @param message MLSMessage with the GroupInfo
    public record FetchedGroupInfo(long epoch, Bytes message) {}

    private final HttpClient http;
    private final ClientConfig config;

    DirectoryClient(HttpClient http, ClientConfig config) {
        this.http = http;
        this.config = config;
    }

    /// Publishes KeyPackages of this client.
    ///
    /// @param keyPackages MLSMessages
    public Mono<Published> publish(List<Bytes> keyPackages) {
        var body = new ByteArrayOutputStream();
        keyPackages.forEach(k -> body.writeBytes(k.toArray()));
        return call(() ->
                        request("/v1/key-packages")
                                .header("Content-Type", MLS)
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray())))
                .map(response -> {
                    var json = json(response);
                    var refused = new ArrayList<String>();
                    json.path("refused")
                            .forEach(r ->
                                    refused.add(
                                            r.path("index").asInt()
                                                    + " "
                                                    + r.path("code").asString()
                                                    + " "
                                                    + r.path("detail").asString()));
                    return new Published(json.path("stored").asInt(), refused);
                });
    }

    /// How many KeyPackages of this client are left, by cipher suite.
    public Mono<Map<Integer, Integer>> count() {
        return call(() -> request("/v1/key-packages").GET())
                .map(response -> {
                    var left = new TreeMap<Integer, Integer>();
                    json(response)
                            .path("suites")
                            .properties()
                            .forEach(e ->
                                    left.put(
                                            Integer.valueOf(e.getKey()),
                                            e.getValue().path("left").asInt()));
                    return left;
                });
    }

    /// Claims one KeyPackage of each device of a user.
    ///
    /// @param device only this one, or all when empty
    public Mono<Claims> claim(String user, List<Integer> suites, String device) {
        var body = JSON.createObjectNode();
        var list = body.putArray("suites");
        suites.forEach(list::add);
        if (!device.isEmpty()) {
            body.put("device", device);
        }
        return call(() ->
                        request("/v1/users/" + user + "/key-packages/claim")
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body.toString())))
                .map(DirectoryClient::claims);
    }

    private static Claims claims(HttpResponse<byte[]> response) {
        var json = json(response);
        var claimed = new ArrayList<Claimed>();
        json.path("claimed")
                .forEach(c ->
                        claimed.add(
                                new Claimed(
                                        c.path("client").asString(),
                                        Bytes.wrap(
                                                Base64.getUrlDecoder()
                                                        .decode(c.path("ref").asString())),
                                        c.path("suite").asInt(),
                                        c.path("last_resort").asBoolean(),
                                        Bytes.wrap(
                                                Base64.getDecoder()
                                                        .decode(
                                                                c.path("key_package")
                                                                        .asString())))));
        var missing = new TreeMap<String, String>();
        json.path("missing")
                .forEach(m -> missing.put(m.path("client").asString(), m.path("code").asString()));
        return new Claims(claimed, missing);
    }

    /// The GroupInfo of the group's current epoch.
    public Mono<FetchedGroupInfo> groupInfo(GroupId group) {
        var id = Base64.getUrlEncoder().withoutPadding().encodeToString(group.bytes().toArray());
        return call(() -> request("/v1/groups/" + id + "/group-info").GET())
                .map(response ->
                        new FetchedGroupInfo(
                                response.headers().firstValueAsLong("Lockstep-Epoch").orElse(-1),
                                Bytes.wrap(response.body())));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(config.http() + path))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + config.token().get());
    }

    private interface RequestSource {
        HttpRequest.Builder get();
    }

    private Mono<HttpResponse<byte[]>> call(RequestSource source) {
        return Mono.fromFuture(() ->
                        http.sendAsync(
                                source.get().build(), HttpResponse.BodyHandlers.ofByteArray()))
                .doOnNext(response -> {
                    if (response.statusCode() / 100 != 2) {
                        throw new RefusedException(problem(response));
                    }
                });
    }

    private static Refusal problem(HttpResponse<byte[]> response) {
        try {
            var json = JSON.readTree(response.body());
            var code = json.path("code").asString("");
            return Refusal.ofCode(
                    code.isEmpty() ? "http_" + response.statusCode() : code,
                    json.path("detail").asString(""),
                    retryOf(code));
        } catch (JacksonException e) {
            return Refusal.ofCode(
                    "http_" + response.statusCode(), "no problem document", RetryClass.NEVER);
        }
    }

    private static RetryClass retryOf(String name) {
        for (var code : Code.values()) {
            if (code.wireName().equals(name)) {
                return code.retry();
            }
        }
        return RetryClass.NEVER;
    }

    private static JsonNode json(HttpResponse<byte[]> response) {
        return JSON.readTree(response.body());
    }
}
