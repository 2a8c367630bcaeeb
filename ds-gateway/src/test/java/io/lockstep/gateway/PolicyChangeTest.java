package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.PolicyRight;
import io.lockstep.wire.proto.ReinitRule;
import io.lockstep.wire.proto.ServerFrame;
import io.lockstep.wire.proto.SetPolicy;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/// Changes of a group's policy over real sockets, and what members read of it.
class PolicyChangeTest {
    private static final GroupId GROUP = MlsBytes.group("policy");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        http.close();
        server.close();
    }

    private static long set(TestClient client, GroupPolicy.Builder change) {
        return client.send(f ->
                f.setSetPolicy(
                        SetPolicy.newBuilder()
                                .setGroupId(GROUP.bytes().asByteString())
                                .setPolicy(change)));
    }

    // PROTOCOL R-CREATE-2 R-POLICY-1 R-POLICY-4 R-POLICY-6
    @ParameterizedTest
    @EnumSource
    void membersAreToldTheWholePolicy(FrameFormat format) throws Exception {
        try (var alice = TestClient.open(server, "alice/phone", format)) {
            alice.accepted(alice.create(GROUP));
            alice.attach(GROUP);
            alice.await(ServerFrame::hasLive);
            var change =
                    GroupPolicy.newBuilder()
                            .setPastEpochs(0)
                            .setRetentionSeconds(3_600)
                            .setReinit(ReinitRule.REINIT_NOBODY);

            assertThat(alice.accepted(set(alice, change)).getPosition()).isEqualTo(1);

            var changed =
                    alice.await(ServerFrame::hasDelivery)
                            .getDelivery()
                            .getControl()
                            .getPolicyChanged();
            assertThat(changed.getClient()).isEqualTo("alice/phone");
            assertThat(changed.getPolicy())
                    .isEqualTo(
                            change.setExternalJoin(ExternalJoin.EXTERNAL_JOIN_DEVICES)
                                    .setVoidAfter(0)
                                    .setChange(PolicyRight.POLICY_CREATOR)
                                    .build());
            var again = alice.accepted(set(alice, change));
            assertThat(again.getRepeat()).isTrue();
            assertThat(again.getPosition()).isEqualTo(1);

            var policy = JsonMapper.shared().readTree(get("alice/phone").body()).path("policy");
            assertThat(policy.path("past_epochs").intValue()).isZero();
            assertThat(policy.path("retention_seconds").intValue()).isEqualTo(3_600);
            assertThat(policy.path("reinit").stringValue()).isEqualTo("REINIT_NOBODY");
            assertThat(policy.has("retention_bytes")).isFalse();
        }
    }

    // PROTOCOL R-POLICY-2
    @Test
    @DisplayName("I9: who is no member reads no policy and changes none")
    void anOutsiderReadsAndChangesNothing() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            alice.accepted(alice.create(GROUP, ExternalJoin.EXTERNAL_JOIN_OPEN));

            eve.assertRefused(
                    set(eve, GroupPolicy.newBuilder().setPastEpochs(3)), Code.NOT_A_MEMBER);
            var answer = get("eve/phone");
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("not_a_member");
        }
    }

    // PROTOCOL R-POLICY-5
    @Test
    void whatIsOutOfItsLimitsIsRefused() throws Exception {
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            for (var change :
                    new GroupPolicy.Builder[] {
                        GroupPolicy.newBuilder(),
                        GroupPolicy.newBuilder().setPastEpochs(17),
                        GroupPolicy.newBuilder().setRetentionSeconds(0),
                        GroupPolicy.newBuilder().setRetentionSeconds(-1),
                        GroupPolicy.newBuilder().setRetentionBytes(0),
                        GroupPolicy.newBuilder().setVoidAfter(17),
                        GroupPolicy.newBuilder().setVoidAfter(1),
                        GroupPolicy.newBuilder().setExternalJoinValue(9),
                        GroupPolicy.newBuilder().setChangeValue(9)
                    }) {
                alice.assertRefused(set(alice, change), Code.INVALID_REQUEST);
            }
            alice.assertRefused(
                    alice.send(f -> f.setSetPolicy(SetPolicy.getDefaultInstance())),
                    Code.INVALID_REQUEST);
        }
    }

    private HttpResponse<String> get(String client) throws Exception {
        var id = Base64.getUrlEncoder().withoutPadding().encodeToString(GROUP.bytes().toArray());
        return http.send(
                HttpRequest.newBuilder(server.http("/v1/groups/" + id))
                        .header("authorization", "Bearer dev:" + client)
                        .build(),
                BodyHandlers.ofString());
    }
}
