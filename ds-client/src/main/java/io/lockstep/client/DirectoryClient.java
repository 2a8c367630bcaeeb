package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import reactor.core.publisher.Mono;

/// HTTP client of the directory: KeyPackages, GroupInfo, and the state of groups. Thread-safe.
///
/// ```java
/// DirectoryClient directory = client.directory();
/// directory.publish(keyPackages).block();
/// Claims bob = directory.claim("bob", List.of(1), "").block();
/// ```
public final class DirectoryClient {
    private static final String MLS = "message/mls";

    /// Result of a publication.
    ///
    /// @param stored number of KeyPackages that the server stored
    /// @param refused one line per refused KeyPackage: index, code, detail
    public record PublishReport(int stored, List<String> refused) {
        public PublishReport {
            refused = List.copyOf(refused);
        }
    }

    /// A KeyPackage of one client. The server hands it out once, except a last-resort one.
    ///
    /// @param client `user/device`
    /// @param ref its KeyPackageRef
    /// @param keyPackage MLSMessage with the KeyPackage
    public record DeviceKeyPackage(
            String client, Bytes ref, int suite, boolean lastResort, Bytes keyPackage) {}

    /// Result of a claim.
    ///
    /// @param missing refusal code by client, for devices without a suitable KeyPackage
    public record UserKeyPackages(List<DeviceKeyPackage> claimed, Map<String, String> missing) {
        public UserKeyPackages {
            claimed = List.copyOf(claimed);
            missing = Map.copyOf(missing);
        }
    }

    /// GroupInfo of a group's current epoch.
    ///
    /// @param message MLSMessage with the GroupInfo
    /// @param ratchetTree EMPTY if the server does not store it separately
    public record FetchedGroupInfo(long epoch, Bytes message, Bytes ratchetTree) {}

    private final HttpCalls http;
    private final BlobClient blobs;

    DirectoryClient(HttpCalls http, BlobClient blobs) {
        this.http = http;
        this.blobs = blobs;
    }

    /// Publishes KeyPackages of this client.
    ///
    /// @param keyPackages MLSMessages
    public Mono<PublishReport> publish(List<Bytes> keyPackages) {
        var body = new ByteArrayOutputStream();
        keyPackages.forEach(k -> body.writeBytes(k.toArray()));
        return http.call(() ->
                        http.request("/v1/key-packages")
                                .header("Content-Type", MLS)
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray())))
                .map(response -> {
                    var json = json(response);
                    var refused = new ArrayList<String>();
                    json.get("refused")
                            .elements()
                            .forEach(r ->
                                    refused.add(
                                            r.get("index").integer()
                                                    + " "
                                                    + r.get("code").text()
                                                    + " "
                                                    + r.get("detail").text()));
                    return new PublishReport(json.get("stored").integer(), refused);
                });
    }

    /// Returns the number of this client's KeyPackages that are left, by cipher suite.
    public Mono<Map<Integer, Integer>> count() {
        return http.call(() -> http.request("/v1/key-packages").GET())
                .map(response -> {
                    var left = new TreeMap<Integer, Integer>();
                    json(response)
                            .get("suites")
                            .fields()
                            .forEach((suite, count) ->
                                    left.put(Integer.valueOf(suite), count.get("left").integer()));
                    return left;
                });
    }

    /// Claims one KeyPackage of each device of a user.
    ///
    /// @param device claims only from this device; empty: from all
    public Mono<UserKeyPackages> claim(String user, List<Integer> suites, String device) {
        var body = new TreeMap<String, Object>();
        body.put("suites", suites);
        if (!device.isEmpty()) {
            body.put("device", device);
        }
        return http.call(() ->
                        http.request("/v1/users/" + user + "/key-packages/claim")
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(JsonValue.print(body))))
                .map(DirectoryClient::claims);
    }

    /// Claims one KeyPackage of each device of many users.
    ///
    /// @return `missing` also contains users without any KeyPackage, by user name
    public Mono<UserKeyPackages> claimAll(List<String> users, List<Integer> suites) {
        var body = Map.of("users", users, "suites", suites);
        return http.call(() ->
                        http.request("/v1/key-packages/claim")
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(JsonValue.print(body))))
                .map(DirectoryClient::claimsByLine);
    }

    private static UserKeyPackages claims(HttpResponse<byte[]> response) {
        var json = json(response);
        var claimed = new ArrayList<DeviceKeyPackage>();
        json.get("claimed").elements().forEach(c -> claimed.add(claimed(c)));
        var missing = new TreeMap<String, String>();
        json.get("missing")
                .elements()
                .forEach(m -> missing.put(m.get("client").text(), m.get("code").text()));
        return new UserKeyPackages(claimed, missing);
    }

    private static UserKeyPackages claimsByLine(HttpResponse<byte[]> response) {
        var claimed = new ArrayList<DeviceKeyPackage>();
        var missing = new TreeMap<String, String>();
        new String(response.body(), StandardCharsets.UTF_8)
                .lines()
                .map(JsonValue::parse)
                .forEach(line -> {
                    if (line.has("key_package")) {
                        claimed.add(claimed(line));
                    } else {
                        var who = line.has("client") ? "client" : "user";
                        missing.put(line.get(who).text(), line.get("code").text());
                    }
                });
        return new UserKeyPackages(claimed, missing);
    }

    private static DeviceKeyPackage claimed(JsonValue json) {
        return new DeviceKeyPackage(
                json.get("client").text(),
                Bytes.wrap(Base64.getUrlDecoder().decode(json.get("ref").text())),
                json.get("suite").integer(),
                json.get("last_resort").bool(),
                Bytes.wrap(Base64.getDecoder().decode(json.get("key_package").text())));
    }

    /// Deletes all KeyPackages of this client from the directory.
    public Mono<Void> withdraw() {
        return http.call(() -> http.request("/v1/key-packages").DELETE()).then();
    }

    /// Fetches the GroupInfo of the group's current epoch, and the ratchet tree if the server
    /// stores it separately.
    public Mono<FetchedGroupInfo> groupInfo(GroupId group) {
        return http.callAgain(() -> http.request(HttpCalls.pathOf(group) + "/group-info").GET())
                .flatMap(response ->
                        treeOf(group, response)
                                .map(tree ->
                                        new FetchedGroupInfo(
                                                response.headers()
                                                        .firstValueAsLong("Lockstep-Epoch")
                                                        .orElse(-1),
                                                Bytes.wrap(response.body()),
                                                tree)));
    }

    /// Fetches the state of a group and its policy. Fails with `not_a_member` for a client outside
    /// the group.
    public Mono<GroupOverview> group(GroupId group) {
        return http.callAgain(() -> http.request(HttpCalls.pathOf(group)).GET())
                .map(response -> GroupOverview.of(json(response)));
    }

    /// Whether the server holds a GroupInfo of the group's current epoch.
    public Mono<Boolean> hasCurrentGroupInfo(GroupId group) {
        return http.call(() -> http.request(HttpCalls.pathOf(group) + "/group-info").GET())
                .thenReturn(true)
                .onErrorResume(
                        e ->
                                e instanceof RefusedException refused
                                        && (refused.is(Code.NO_GROUP_INFO)
                                                || refused.is(Code.GROUP_INFO_STALE)),
                        _ -> Mono.just(false));
    }

    /// Puts the GroupInfo of the group's current epoch, if the commit that began it brought none.
    /// Fails with `epoch_conflict` if the epoch is over.
    ///
    /// @param applied the last position that this client has applied
    /// @param message MLSMessage with the GroupInfo, which contains the ratchet tree
    public Mono<Void> putGroupInfo(GroupId group, long applied, Bytes message) {
        return http.callAgain(() ->
                        http.request(HttpCalls.pathOf(group) + "/group-info")
                                .header("Content-Type", MLS)
                                .header("Lockstep-Position", Long.toString(applied))
                                .PUT(HttpRequest.BodyPublishers.ofByteArray(message.toArray())))
                .then();
    }

    /// Format of the header: `Lockstep-Ratchet-Tree: <sha256 hex>;size=<n>`.
    private Mono<Bytes> treeOf(GroupId group, HttpResponse<byte[]> response) {
        var header = response.headers().firstValue("Lockstep-Ratchet-Tree");
        if (header.isEmpty()) {
            return Mono.just(Bytes.EMPTY);
        }
        var parts = header.get().split(";size=", -1);
        if (parts.length != 2) {
            throw new IllegalStateException("not a reference: " + header.get());
        }
        return blobs.fetch(
                group,
                new BlobPointer(Bytes.ofHex(parts[0].strip()), Long.parseLong(parts[1].strip())));
    }

    /// Fetches a Welcome that was too long for its inbox frame.
    Mono<Bytes> welcome(Bytes mailId) {
        return http.callAgain(() ->
                        http.request("/v1/inbox/" + HttpCalls.base64Url(mailId) + "/welcome").GET())
                .map(response -> Bytes.wrap(response.body()));
    }

    private static JsonValue json(HttpResponse<byte[]> response) {
        return JsonValue.parse(response.body());
    }
}
