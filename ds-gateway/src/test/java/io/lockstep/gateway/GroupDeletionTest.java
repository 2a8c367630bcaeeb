package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Deletion of groups by their members.
final class GroupDeletionTest {
    private static final GroupId GROUP = group("short-lived");

    private final LogCapture log = LogCapture.open();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final TestServer server = TestServer.start();

    @AfterEach
    void stop() {
        http.close();
        server.close();
        assertThat(log.troubles()).isEmpty();
        log.close();
    }

    // PROTOCOL R-DELETE-1 R-DELETE-2 R-DELETE-3 R-DELETE-4
    @Test
    void theLastMemberDeletesItsGroupAndIsDetached() throws Exception {
        try (var phone = TestClient.open(server, "alice/phone")) {
            var incarnation = create(phone);
            phone.attach(GROUP);
            phone.await(ServerFrame::hasLive);
            phone.accepted(phone.message(application(GROUP, 0, "the only message")));

            assertThat(delete("alice/phone").statusCode()).isEqualTo(204);

            var detached = phone.await(ServerFrame::hasDetached).getDetached();
            assertThat(detached.getCode()).isEqualTo("group_deleted");
            assertThat(server.log.tail(GROUP).blockOptional()).isEmpty();
            phone.assertRefused(phone.message(application(GROUP, 0, "late")), Code.UNKNOWN_GROUP);
            phone.assertRefused(phone.attach(GROUP), Code.UNKNOWN_GROUP);
            phone.assertRefused(attach(phone, incarnation), Code.GROUP_DELETED);
            phone.assertRefused(attach(phone, Bytes.ofHex("07".repeat(16))), Code.GROUP_FROZEN);
            var again = delete("alice/phone");
            assertThat(again.statusCode()).isEqualTo(404);
            assertThat(again.body()).contains("unknown_group");
        }
    }

    // PROTOCOL R-DELETE-5
    @Test
    void theIdOfADeletedGroupIsFreeAgain() throws Exception {
        try (var phone = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            var first = create(phone);
            phone.attach(GROUP);
            phone.await(ServerFrame::hasLive);
            phone.accepted(phone.message(application(GROUP, 0, "of the first")));
            assertThat(delete("alice/phone").statusCode()).isEqualTo(204);
            phone.await(ServerFrame::hasDetached);

            var second = create(bob);

            assertThat(second).isNotEqualTo(first);
            bob.attach(GROUP);
            assertThat(bob.await(ServerFrame::hasLive).getLive().getPosition()).isZero();
            bob.accepted(bob.message(application(GROUP, 0, "of the second")));
            phone.assertRefused(
                    phone.message(application(GROUP, 0, "of nobody")), Code.NOT_A_MEMBER);
            phone.assertRefused(phone.attach(GROUP), Code.NOT_A_MEMBER);
        }
    }

    // PROTOCOL R-DELETE-1
    @Test
    void aGroupWithMembersOfOtherUsersIsNotDeleted() throws Exception {
        try (var phone = TestClient.open(server, "alice/phone")) {
            create(phone);
            change(phone, 0, RosterChange.newBuilder().addAdd("alice/tablet").addAdd("bob/phone"));

            var inUse = delete("alice/phone");
            assertThat(inUse.statusCode()).isEqualTo(409);
            assertThat(inUse.body()).contains("group_in_use");
            var outsider = delete("eve/phone");
            assertThat(outsider.statusCode()).isEqualTo(403);
            assertThat(outsider.body()).contains("not_a_member");

            change(phone, 1, RosterChange.newBuilder().addRemove("bob/phone"));
            assertThat(delete("bob/phone").body()).contains("removed");
            assertThat(delete("alice/tablet").statusCode()).isEqualTo(204);
        }
    }

    @Test
    void aGroupThatNeverWasIsUnknown() throws Exception {
        assertThat(delete("alice/phone").body()).contains("unknown_group");
    }

    private static Bytes create(TestClient client) throws Exception {
        return Bytes.of(client.accepted(client.create(GROUP)).getIncarnation());
    }

    private static void change(TestClient client, long epoch, RosterChange.Builder change)
            throws Exception {
        client.accepted(
                client.send(f ->
                        f.setCommit(
                                Commit.newBuilder()
                                        .setMessage(
                                                commit(GROUP, epoch, "c" + epoch).asByteString())
                                        .setRosterChange(change))));
    }

    private static long attach(TestClient client, Bytes incarnation) {
        return client.send(f ->
                f.setAttach(
                        Attach.newBuilder()
                                .setCursor(
                                        Cursor.newBuilder()
                                                .setGroupId(GROUP.bytes().asByteString())
                                                .setIncarnation(incarnation.asByteString()))));
    }

    private HttpResponse<String> delete(String client) throws Exception {
        var path =
                "/v1/groups/"
                        + Base64.getUrlEncoder()
                                .withoutPadding()
                                .encodeToString(GROUP.bytes().toArray());
        return http.send(
                HttpRequest.newBuilder(server.http(path))
                        .header("authorization", "Bearer dev:" + client)
                        .DELETE()
                        .build(),
                BodyHandlers.ofString());
    }
}
