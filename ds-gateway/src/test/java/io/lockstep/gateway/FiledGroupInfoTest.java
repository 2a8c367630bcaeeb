package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static io.lockstep.wire.mls.MlsBytes.proposal;
import static io.lockstep.wire.mls.MlsBytes.reference;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.crypto.SignedGroupInfos;
import io.lockstep.crypto.SignedGroupInfos.Says;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.RosterChange;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A commit without a GroupInfo leaves the stored one stale, and a member puts the current one.
final class FiledGroupInfoTest {
    private static final GroupId GROUP = group("library");
    private static final String IN_GROUP =
            "/v1/groups/"
                    + Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(GROUP.bytes().toArray());
    private static final String INFO = IN_GROUP + "/group-info";
    private static final String TREE = "lockstep-ratchet-tree";

    private final TestServer server = TestServer.start();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final SignedGroupInfos made = new SignedGroupInfos(4);
    private final Bytes tree = made.tree(2);

    /// Alice's group in epoch 1, whose GroupInfo is of epoch 0.
    @BeforeEach
    void staleGroup() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(
                    alice.create(GROUP, ExternalJoin.EXTERNAL_JOIN_DEVICES, groupInfo(GROUP, 0)));
            alice.accepted(alice.commit(commit(GROUP, 0, "without")));
        }
    }

    @AfterEach
    void stop() {
        http.close();
        server.close();
    }

    // PROTOCOL R-COMMIT-3 R-INFO-5
    @Test
    void aStaleGroupInfoIsServedToNobody() throws Exception {
        for (var client : List.of("alice/phone", "alice/laptop")) {
            var answer = get(client, INFO);
            assertRefused(answer, 409, "group_info_stale");
            assertThat(text(answer)).contains("is of epoch 0, the group is in 1");
        }
        assertRefused(get("eve/phone", INFO), 403, "join_not_allowed");
    }

    // PROTOCOL R-INFO-6 R-INFO-7
    @Test
    void aMemberPutsTheCurrentGroupInfo() throws Exception {
        var current = made.of(GROUP, 1, tree, true);
        var answer = put("alice/phone", current);
        assertThat(answer.statusCode()).isEqualTo(204);
        assertThat(answer.headers().firstValue("lockstep-epoch")).contains("1");
        assertThat(put("alice/phone", current).statusCode()).isEqualTo(204);

        var fetched = get("alice/laptop", INFO);
        assertThat(fetched.statusCode()).isEqualTo(200);
        assertThat(fetched.headers().firstValue("lockstep-epoch")).contains("1");
        assertThat(Bytes.copyOf(fetched.body())).isEqualTo(current);

        // The next commit ends the epoch that it is of.
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.commit(commit(GROUP, 1, "without")));
        }
        assertRefused(get("alice/laptop", INFO), 409, "group_info_stale");
    }

    // PROTOCOL R-INFO-6
    @Test
    @DisplayName("I9: only members put a GroupInfo")
    void onlyMembersPutAGroupInfo() throws Exception {
        var current = groupInfo(GROUP, 1);
        assertRefused(put("alice/laptop", current), 403, "not_a_member");
        assertRefused(put("eve/phone", current), 403, "not_a_member");
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(
                    alice.send(f ->
                            f.setCommit(
                                    Commit.newBuilder()
                                            .setMessage(commit(GROUP, 1, "go").asByteString())
                                            .setRosterChange(
                                                    RosterChange.newBuilder()
                                                            .addRemove("alice/phone")))));
        }
        assertRefused(put("alice/phone", groupInfo(GROUP, 2)), 403, "removed");
        assertRefused(
                answer(
                        as("alice/phone", "/v1/groups/bm9uZQ/group-info")
                                .header("content-type", "message/mls"),
                        current),
                404,
                "unknown_group");
    }

    // PROTOCOL R-INFO-6
    @Test
    void aGroupInfoOfAnotherEpochOrGroupIsRefused() throws Exception {
        assertRefused(put("alice/phone", groupInfo(GROUP, 0)), 409, "epoch_conflict");
        assertRefused(put("alice/phone", groupInfo(GROUP, 2)), 409, "epoch_from_the_future");
        assertRefused(put("alice/phone", groupInfo(group("x"), 1)), 400, "group_info_mismatch");
        assertRefused(put("alice/phone", commit(GROUP, 1, "c")), 400, "wrong_message_kind");
        assertRefused(put("alice/phone", Bytes.wrap(new byte[3])), 400, "malformed_message");
        assertRefused(
                answer(
                        as("alice/phone", INFO).header("content-type", "application/json"),
                        groupInfo(GROUP, 1)),
                415,
                "unsupported_media_type");
        assertRefused(
                answer(
                        as("alice/phone", INFO).header("content-type", "message/mls;version=2"),
                        groupInfo(GROUP, 1)),
                415,
                "unsupported_media_type");
        assertRefused(get("alice/phone", INFO), 409, "group_info_stale");
    }

    // PROTOCOL R-INFO-2 R-INFO-7 R-TREE-1
    @Test
    void aTreeMayComeApart() throws Exception {
        var current = made.of(GROUP, 1, tree, false);
        var reference = tree.sha256().hex() + ";size=" + tree.size();
        assertRefused(put("alice/phone", current, reference), 404, "unknown_reference");
        upload(tree);
        assertRefused(put("alice/phone", current, reference + "0"), 400, "reference_mismatch");
        assertRefused(put("alice/phone", current, "a tree"), 400, "invalid_request");
        assertRefused(
                put("alice/phone", current, tree.sha256().hex() + ";size=17000000"),
                413,
                "message_too_large");
        var other = made.tree();
        upload(other);
        assertRefused(
                put("alice/phone", current, other.sha256().hex() + ";size=" + other.size()),
                400,
                "invalid_group_info");
        assertThat(put("alice/phone", current, reference).statusCode()).isEqualTo(204);
        assertThat(get("alice/laptop", INFO).headers().firstValue(TREE)).contains(reference);
    }

    // PROTOCOL R-INFO-9
    @Test
    void aPositionMayBeNamed() throws Exception {
        var request = as("alice/phone", INFO).header("content-type", "message/mls");
        assertThat(
                        answer(request.header("lockstep-position", "1"), groupInfo(GROUP, 1))
                                .statusCode())
                .isEqualTo(204);
        assertRefused(
                answer(
                        as("alice/phone", INFO)
                                .header("content-type", "message/mls")
                                .header("lockstep-position", "-1"),
                        groupInfo(GROUP, 1)),
                400,
                "invalid_request");
    }

    // PROTOCOL R-INFO-2
    @Test
    void aSignatureByAnotherSignerIsRefused() throws Exception {
        var hash = SignedGroupInfos.hash(tree);
        assertRefused(
                put("alice/phone", made.of(new Says(GROUP, 1, hash, 0, 1, tree))),
                400,
                "invalid_group_info");
    }

    // PROTOCOL R-INFO-7
    @Test
    void aLongGroupInfoIsStoredApart() throws Exception {
        var big = new SignedGroupInfos(800);
        var current = big.of(GROUP, 1, big.tree(), true);
        assertThat(current.size()).isGreaterThan(GatewayLimits.DEFAULT.session().messageBytesMax());
        assertThat(put("alice/phone", current).statusCode()).isEqualTo(204);
        assertThat(Bytes.copyOf(get("alice/laptop", INFO).body())).isEqualTo(current);
    }

    // PROTOCOL R-RATE-5
    @Test
    void whoPutsTooMuchWaits() throws Exception {
        upload(tree);
        // The tree of 15 MB is not there. It counts before it is looked for.
        var many = tree.sha256().hex() + ";size=15000000";
        HttpResponse<byte[]> answer;
        int sent = 0;
        do {
            answer = put("alice/phone", groupInfo(GROUP, 1), many);
            sent++;
        } while (answer.statusCode() == 400 && sent < 20);
        assertRefused(answer, 429, "rate_limited");
        assertThat(answer.headers().firstValueAsLong("retry-after")).isPresent();
    }

    // PROTOCOL R-DELIVERY-8
    @Test
    void aDeliveryTellsThatItsCommitBroughtNoGroupInfo() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.attach(GROUP);
            var without = alice.await(f -> f.hasDelivery() && f.getDelivery().getPosition() == 1);
            assertThat(without.getDelivery().getWithoutGroupInfo()).isTrue();
            alice.accepted(
                    alice.send(f ->
                            f.setCommit(
                                    Commit.newBuilder()
                                            .setMessage(commit(GROUP, 1, "with").asByteString())
                                            .setGroupInfo(groupInfo(GROUP, 2).asByteString()))));
            var with = alice.await(f -> f.hasDelivery() && f.getDelivery().getPosition() == 2);
            assertThat(with.getDelivery().getWithoutGroupInfo()).isFalse();
            alice.accepted(alice.message(application(GROUP, 2, "a message")));
            var message = alice.await(f -> f.hasDelivery() && f.getDelivery().getPosition() == 3);
            assertThat(message.getDelivery().getWithoutGroupInfo()).isFalse();
        }
    }

    // PROTOCOL R-PROP-5 R-PROP-6
    @Test
    void pendingProposalsComeWithTheGroupInfoAndCanBeAskedFor() throws Exception {
        assertThat(put("alice/phone", groupInfo(GROUP, 1)).statusCode()).isEqualTo(204);
        assertThat(get("alice/laptop", INFO).headers().firstValue("lockstep-proposals")).isEmpty();
        assertThat(json(get("alice/laptop", IN_GROUP + "/proposals")).path("proposals").size())
                .isZero();

        var first = proposal(GROUP, 1, "first");
        var byReference = proposal(GROUP, 1, "by reference");
        var last = proposal(GROUP, 1, "last");
        upload(byReference);
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.message(first));
            alice.accepted(alice.message(application(GROUP, 1, "between")));
            alice.accepted(
                    alice.send(f ->
                            f.getSendBuilder()
                                    .setGroupId(GROUP.bytes().asByteString())
                                    .setMessageReference(reference(byReference))));
            alice.accepted(alice.message(last));
        }
        assertThat(get("alice/laptop", INFO).headers().firstValue("lockstep-proposals"))
                .contains("2,4,5");
        var answer = get("alice/laptop", IN_GROUP + "/proposals");
        assertThat(answer.headers().firstValue("lockstep-epoch")).contains("1");
        var proposals = json(answer).path("proposals");
        assertThat(positions(proposals)).containsExactly(2L, 4L, 5L);
        assertThat(message(proposals.path(0))).isEqualTo(first);
        assertThat(proposals.path(1).path("reference").path("sha256").stringValue())
                .isEqualTo(byReference.sha256().hex());
        assertThat(proposals.path(1).path("reference").path("size").intValue())
                .isEqualTo(byReference.size());
        assertThat(message(proposals.path(2))).isEqualTo(last);
        assertThat(json(answer).path("more").booleanValue()).isFalse();
        assertThat(
                        positions(
                                json(get("alice/laptop", IN_GROUP + "/proposals?after=4"))
                                        .path("proposals")))
                .containsExactly(5L);

        assertRefused(get("eve/phone", IN_GROUP + "/proposals"), 403, "join_not_allowed");
        assertRefused(
                get("alice/laptop", IN_GROUP + "/proposals?after=-1"), 400, "invalid_request");
        assertRefused(get("alice/laptop", "/v1/groups/!/proposals"), 400, "invalid_request");

        // The commit of the epoch ends them.
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.commit(commit(GROUP, 1, "c1")));
        }
        assertThat(json(get("alice/laptop", IN_GROUP + "/proposals")).path("proposals").size())
                .isZero();
    }

    // PROTOCOL R-PROP-6
    @Test
    void manyProposalsComeAPageAtATime() throws Exception {
        assertThat(put("alice/phone", groupInfo(GROUP, 1)).statusCode()).isEqualTo(204);
        try (var alice = TestClient.open(server, "alice/phone")) {
            for (int i = 0; i < 70; i++) {
                alice.accepted(alice.message(proposal(GROUP, 1, "p" + i)));
            }
            for (int i = 0; i < 6; i++) {
                alice.accepted(alice.message(proposal(GROUP, 1, "x".repeat(60_000) + i)));
            }
        }
        assertThat(get("alice/laptop", INFO).headers().firstValue("lockstep-proposals"))
                .hasValueSatisfying(h -> assertThat(h).startsWith("2,3,4,").endsWith(",65;more"));
        var pages = new ArrayList<Integer>();
        var all = new ArrayList<Long>();
        boolean more = true;
        while (more) {
            long after = all.isEmpty() ? 0 : all.getLast();
            var page = json(get("alice/laptop", IN_GROUP + "/proposals?after=" + after));
            pages.add(page.path("proposals").size());
            all.addAll(positions(page.path("proposals")));
            more = page.path("more").booleanValue();
        }
        assertThat(all).hasSize(76).doesNotHaveDuplicates().isSorted();
        assertThat(pages).containsExactly(64, 11, 1);
    }

    private static List<Long> positions(JsonNode proposals) {
        return proposals
                .valueStream()
                .map(proposal -> proposal.path("position").longValue())
                .collect(Collectors.toList());
    }

    private static Bytes message(JsonNode proposal) {
        return Bytes.wrap(Base64.getDecoder().decode(proposal.path("message").stringValue()));
    }

    private HttpRequest.Builder as(String client, String path) {
        return HttpRequest.newBuilder(server.http(path))
                .header("authorization", "Bearer dev:" + client);
    }

    private HttpResponse<byte[]> get(String client, String path) throws Exception {
        return http.send(as(client, path).GET().build(), BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> put(String client, Bytes groupInfo) throws Exception {
        return answer(as(client, INFO).header("content-type", "message/mls"), groupInfo);
    }

    private HttpResponse<byte[]> put(String client, Bytes groupInfo, String tree) throws Exception {
        return answer(
                as(client, INFO).header("content-type", "message/mls").header(TREE, tree),
                groupInfo);
    }

    private HttpResponse<byte[]> answer(HttpRequest.Builder request, Bytes body) throws Exception {
        return http.send(
                request.PUT(BodyPublishers.ofByteArray(body.toArray())).build(),
                BodyHandlers.ofByteArray());
    }

    private void upload(Bytes blob) throws Exception {
        var request =
                as("alice/phone", IN_GROUP + "/blobs/" + blob.sha256().hex())
                        .header("content-type", "application/octet-stream");
        assertThat(answer(request, blob).statusCode()).isEqualTo(201);
    }

    private static void assertRefused(HttpResponse<byte[]> answer, int status, String code) {
        assertThat(text(answer)).contains("\"code\":\"" + code + "\"");
        assertThat(answer.statusCode()).isEqualTo(status);
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static JsonNode json(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
        return JsonMapper.shared().readTree(answer.body());
    }
}
