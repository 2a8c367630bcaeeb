package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.log.BlobStoreContract;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.RosterChange;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Blobs over HTTP.
final class BlobTest {
    private static final GroupId GROUP = group("library");
    private static final Bytes LONG = BlobStoreContract.bytes(300_000);

    private final LogCapture log = LogCapture.open();
    private final TestServer server =
            TestServer.start(
                    TestServer.Setup.DEFAULT.withSettings(s ->
                            s.withLimits(
                                    s.limits()
                                            .withBlobs(
                                                    new BlobLimits(
                                                            1 << 20, 1 << 20, 2, 1, 3 << 20)))));
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeEach
    void createGroup() throws Exception {
        create(GROUP, ExternalJoin.EXTERNAL_JOIN_DEVICES);
    }

    @AfterEach
    void stop() {
        http.close();
        server.close();
        assertThat(log.troubles()).isEmpty();
        log.close();
    }

    private void create(GroupId group, ExternalJoin join) throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(group, join));
        }
    }

    private HttpRequest.Builder as(String client, GroupId group, Bytes sha256) {
        var id = Base64.getUrlEncoder().withoutPadding().encodeToString(group.bytes().toArray());
        return HttpRequest.newBuilder(server.http("/v1/groups/" + id + "/blobs/" + sha256.hex()))
                .header("authorization", "Bearer dev:" + client);
    }

    private HttpResponse<byte[]> put(String client, Bytes sha256, Bytes content) throws Exception {
        return http.send(
                as(client, GROUP, sha256)
                        .header("content-type", "application/octet-stream")
                        .PUT(BodyPublishers.ofByteArray(content.toArray()))
                        .build(),
                BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> get(String client, Bytes sha256, String... headers)
            throws Exception {
        var request = as(client, GROUP, sha256);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.ofByteArray());
    }

    private static void assertProblem(HttpResponse<byte[]> answer, int status, String code) {
        assertThat(new String(answer.body(), StandardCharsets.UTF_8))
                .contains("\"code\":\"" + code + '"');
        assertThat(answer.statusCode()).isEqualTo(status);
    }

    private static String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    // PROTOCOL R-BLOB-1
    @Test
    void getReturnsWhatWasPut() throws Exception {
        assertThat(put("alice/phone", LONG.sha256(), LONG).statusCode()).isEqualTo(201);
        assertThat(put("alice/phone", LONG.sha256(), LONG).statusCode()).isEqualTo(200);

        var answer = get("alice/phone", LONG.sha256());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(LONG.toArray());
        assertThat(header(answer, "content-type")).isEqualTo("application/octet-stream");
        assertThat(header(answer, "content-length")).isEqualTo("300000");
    }

    // PROTOCOL R-BLOB-4
    @Test
    void aBlobIsMarkedImmutable() throws Exception {
        put("alice/phone", LONG.sha256(), LONG);

        var answer = get("alice/phone", LONG.sha256());
        var etag = '"' + LONG.sha256().hex() + '"';
        assertThat(header(answer, "etag")).isEqualTo(etag);
        assertThat(header(answer, "cache-control"))
                .isEqualTo("private, max-age=31536000, immutable");

        var again = get("alice/phone", LONG.sha256(), "if-none-match", etag);
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(header(again, "etag")).isEqualTo(etag);
        var other = get("alice/phone", LONG.sha256(), "if-none-match", "\"other\"");
        assertThat(other.statusCode()).isEqualTo(200);
    }

    // PROTOCOL R-BLOB-5 R-BLOB-6
    @Test
    void aRangeOfABlobCanBeFetched() throws Exception {
        put("alice/phone", LONG.sha256(), LONG);

        assertRange("bytes=0-0", 0, 1);
        assertRange("bytes=100000-", 100_000, 300_000);
        assertRange("bytes=-17", 299_983, 300_000);
        assertRange("bytes=5-999999999", 5, 300_000);
        assertRange("bytes=-999999999", 0, 300_000);
        for (var whole : new String[] {"bytes=1-2,4-5", "lines=1-2", "bytes=-", "bytes=9-3"}) {
            assertThat(get("alice/phone", LONG.sha256(), "range", whole).statusCode())
                    .as(whole)
                    .isEqualTo(200);
        }
        var beyond = get("alice/phone", LONG.sha256(), "range", "bytes=300000-");
        assertThat(beyond.statusCode()).isEqualTo(416);
        assertThat(header(beyond, "content-range")).isEqualTo("bytes */300000");
        var changed =
                get("alice/phone", LONG.sha256(), "range", "bytes=0-0", "if-range", "\"another\"");
        assertThat(changed.statusCode()).isEqualTo(200);
    }

    private void assertRange(String asked, int from, int until) throws Exception {
        var answer = get("alice/phone", LONG.sha256(), "range", asked);
        assertThat(answer.statusCode()).as(asked).isEqualTo(206);
        assertThat(header(answer, "content-range"))
                .isEqualTo("bytes " + from + "-" + (until - 1) + "/300000");
        assertThat(answer.body()).isEqualTo(Arrays.copyOfRange(LONG.toArray(), from, until));
    }

    @Test
    void bytesOfAnotherHashAreRefused() throws Exception {
        var other = BlobStoreContract.bytes(10);
        assertProblem(put("alice/phone", other.sha256(), LONG), 400, "reference_mismatch");
        assertProblem(put("alice/phone", LONG.sha256(), Bytes.EMPTY), 400, "invalid_request");
        assertProblem(put("alice/phone", LONG.slice(0, 31), LONG), 400, "invalid_request");
        assertProblem(
                put("alice/phone", other.sha256(), BlobStoreContract.bytes((1 << 20) + 1)),
                413,
                "message_too_large");
        assertProblem(get("alice/phone", LONG.sha256()), 404, "unknown_reference");
    }

    // PROTOCOL R-BLOB-1
    @Test
    @DisplayName("I9: only members and possible joiners put and get a group's blobs")
    void outsidersCanNeitherPutNorGet() throws Exception {
        put("alice/phone", LONG.sha256(), LONG);

        assertProblem(get("mallory/phone", LONG.sha256()), 403, "join_not_allowed");
        assertProblem(
                get("mallory/phone", LONG.sha256(), "if-none-match", "*"), 403, "join_not_allowed");
        assertProblem(put("mallory/phone", LONG.sha256(), LONG), 403, "join_not_allowed");
        // A device of a member's user may join by itself.
        assertThat(get("alice/laptop", LONG.sha256()).statusCode()).isEqualTo(200);
        assertThat(put("alice/laptop", LONG.sha256(), LONG).statusCode()).isEqualTo(200);
        var elsewhere =
                http.send(
                        as("alice/phone", group("no such group"), LONG.sha256()).build(),
                        BodyHandlers.ofByteArray());
        assertProblem(elsewhere, 404, "unknown_group");
    }

    // PROTOCOL R-BLOB-2
    @Test
    @DisplayName("I9: a removed member gets only blobs shown before its removal")
    void aRemovedMemberGetsOnlyBlobsShownBeforeItsRemoval() throws Exception {
        var before = commit(GROUP, 1, "b".repeat(100_000));
        var after = commit(GROUP, 2, "a".repeat(100_000));
        for (var message : new Bytes[] {before, after, LONG}) {
            put("alice/phone", message.sha256(), message);
        }
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(
                    bundle(alice, inline(commit(GROUP, 0, "adds bob")), change().addAdd("bob/x")));
            alice.accepted(bundle(alice, apart(before), change().addRemove("bob/x")));
            alice.accepted(bundle(alice, apart(after), change()));
        }

        assertThat(get("bob/x", before.sha256()).statusCode()).isEqualTo(200);
        assertProblem(get("bob/x", after.sha256()), 403, "removed");
        assertProblem(get("bob/x", LONG.sha256()), 403, "removed");
        assertProblem(put("bob/x", LONG.sha256(), LONG), 403, "removed");
        assertThat(get("alice/phone", after.sha256()).statusCode()).isEqualTo(200);
    }

    @Test
    void anUploadAboveTheRateIsToldWhenToRetry() throws Exception {
        var big = BlobStoreContract.bytes(1 << 20);
        for (int i = 0; i < 3; i++) {
            assertThat(put("alice/phone", big.sha256(), big).statusCode()).isLessThan(300);
        }
        var refused = put("alice/phone", big.sha256(), big);
        assertProblem(refused, 429, "rate_limited");
        assertThat(Long.parseLong(header(refused, "retry-after"))).isGreaterThan(1);
        assertThat(put("alice/laptop", big.sha256(), big).statusCode()).isEqualTo(200);
    }

    private static long bundle(
            TestClient client, Commit.Builder message, RosterChange.Builder change) {
        return client.send(f -> f.setCommit(message.setRosterChange(change)));
    }

    private static Commit.Builder inline(Bytes message) {
        return Commit.newBuilder().setMessage(message.asByteString());
    }

    private static Commit.Builder apart(Bytes message) {
        return Commit.newBuilder()
                .setGroupId(GROUP.bytes().asByteString())
                .setMessageReference(MlsBytes.reference(message));
    }

    private static RosterChange.Builder change() {
        return RosterChange.newBuilder();
    }
}
