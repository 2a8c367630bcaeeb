package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.externalCommit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.lockstep.ordering.Ordering;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Detach;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// A session's frames about one group take effect in order, also if ordering is slow: here it is
/// delayed by some milliseconds, as a store would.
final class FrameOrderTest {
    private static final int TIMES = 60;
    private static final long SEED = 14;

    private final Random random = new Random(SEED);

    private Ordering slow(Ordering ordering) {
        return submission -> {
            var answer = ordering.submit(submission);
            return Mono.delay(Duration.ofMillis(random.nextInt(8))).then(answer);
        };
    }

    /// Does nothing before the delay has elapsed.
    private Ordering late(Ordering ordering) {
        return submission ->
                Mono.delay(Duration.ofMillis(random.nextInt(8)))
                        .then(Mono.defer(() -> ordering.submit(submission)));
    }

    private static ClientFrame frame(long request, ClientFrame.Builder body) {
        return body.setRequestId(request).build();
    }

    private static ClientFrame create(GroupId group) {
        return frame(
                1,
                ClientFrame.newBuilder()
                        .setCreate(
                                Create.newBuilder()
                                        .setGroupId(bytes(group))
                                        .setPolicy(
                                                GroupPolicy.newBuilder()
                                                        .setExternalJoin(
                                                                ExternalJoin.EXTERNAL_JOIN_OPEN))));
    }

    private static ClientFrame send(long request, Bytes message) {
        return frame(
                request,
                ClientFrame.newBuilder()
                        .setSend(Send.newBuilder().setMessage(message.asByteString())));
    }

    private static ClientFrame attach(GroupId group) {
        return frame(
                9,
                ClientFrame.newBuilder()
                        .setAttach(
                                Attach.newBuilder()
                                        .setCursor(Cursor.newBuilder().setGroupId(bytes(group)))));
    }

    private static ByteString bytes(GroupId group) {
        return group.bytes().asByteString();
    }

    private static void together(TestClient client, ClientFrame... frames) {
        var message = new ByteArrayOutputStream();
        for (var frame : frames) {
            message.writeBytes(FrameCodec.encodePayload(FrameFormat.PROTO, frame));
        }
        client.sendPayload(message.toByteArray());
    }

    private static TestServer server(java.util.function.Function<Ordering, Ordering> wrap) {
        return TestServer.start(TestServer.Setup.DEFAULT.withOrdering(wrap));
    }

    private static ServerFrame liveOf(TestClient client, GroupId group) throws Exception {
        return client.await(f -> {
            assertThat(f.getRequestId()).as("seed %d: %s", SEED, f).isNotEqualTo(9);
            return f.hasLive() && f.getLive().getGroupId().equals(bytes(group));
        });
    }

    // PROTOCOL R-LIFE-7 R-LIFE-8
    /// 56 of 60 were refused for good: the attach was evaluated before the group existed.
    @Test
    void anAttachBehindACreateIsLive() throws Exception {
        try (var server = server(this::late);
                var alice = TestClient.open(server, "alice/phone")) {
            for (int i = 0; i < TIMES; i++) {
                var group = group("created " + i);
                together(alice, create(group), attach(group));
                assertThat(alice.await(f -> f.getRequestId() == 1).hasAccepted()).isTrue();
                liveOf(alice, group);
            }
        }
    }

    // PROTOCOL R-LIFE-7 R-EXT-6
    /// 59 of 60: the joiner was not a member yet.
    @Test
    void anAttachBehindAnExternalCommitIsLive() throws Exception {
        try (var server = server(this::late);
                var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            for (int i = 0; i < TIMES; i++) {
                var group = group("joined " + i);
                together(alice, create(group));
                assertThat(alice.await(f -> f.getRequestId() == 1).hasAccepted()).isTrue();
                var commit =
                        ClientFrame.newBuilder()
                                .setCommit(
                                        Commit.newBuilder()
                                                .setMessage(
                                                        externalCommit(group, 0, "bob " + i)
                                                                .asByteString()));
                together(bob, frame(2, commit), attach(group));
                assertThat(bob.await(f -> f.getRequestId() == 2).hasAccepted()).isTrue();
                liveOf(bob, group);
            }
        }
    }

    // PROTOCOL R-LIFE-7
    /// The group's log then contains them, although the answers take longer than the log.
    @Test
    void anAttachBehindMessagesDeliversThemBeforeLive() throws Exception {
        try (var server = server(this::slow);
                var alice = TestClient.open(server, "alice/phone")) {
            for (int i = 0; i < TIMES; i++) {
                var group = group("said " + i);
                together(
                        alice,
                        create(group),
                        send(2, application(group, 0, "one")),
                        send(3, application(group, 0, "two")),
                        attach(group));
                assertThat(liveOf(alice, group).getLive().getPosition()).isEqualTo(2);
            }
        }
    }

    // PROTOCOL R-ATTACH-5
    /// An attach that is replaced gets no answer, and the detach takes effect last.
    @Test
    void aDetachCancelsAnAttachThatWaits() throws Exception {
        var group = group("detached");
        try (var server = server(this::late);
                var alice = TestClient.open(server, "alice/phone")) {
            var detach =
                    ClientFrame.newBuilder()
                            .setDetach(Detach.newBuilder().setGroupId(bytes(group)));
            together(alice, create(group), attach(group), frame(4, detach));
            alice.await(ServerFrame::hasDetached);
            assertThat(alice.await(f -> f.getRequestId() == 1).hasAccepted()).isTrue();
            together(alice, send(5, application(group, 0, "unseen")));
            assertThat(
                            alice.await(
                                            f -> {
                                                assertThat(f.hasLive() || f.hasDelivery())
                                                        .isFalse();
                                                return f.getRequestId() == 5;
                                            })
                                    .hasAccepted())
                    .isTrue();
        }
    }

    // PROTOCOL R-LIFE-7
    /// A submission that is refused before ordering delays nothing, and neither does one to another
    /// group.
    @Test
    void anAttachWaitsForItsOwnGroupOnly() throws Exception {
        var slow = group("slow");
        var own = group("own");
        try (var server =
                        server(ordering ->
                                submission ->
                                        submission.group().equals(slow)
                                                ? Mono.never()
                                                : ordering.submit(submission));
                var alice = TestClient.open(server, "alice/phone")) {
            together(alice, create(own));
            alice.await(f -> f.getRequestId() == 1);
            together(alice, create(slow), send(2, Bytes.EMPTY), attach(own));
            liveOf(alice, own);
            assertThat(alice.refused(2).getCode()).isNotEqualTo(Code.INTERNAL.wireName());
        }
    }

    /// They are processed in many slices of the event loop.
    @Test
    void answersToAFullMessageComeInOrderAlsoBehindAHello() throws Exception {
        try (var server = TestServer.start();
                var alice = TestClient.connect(server, FrameFormat.PROTO)) {
            var frames = new ClientFrame[FrameCodec.FRAMES_MAX];
            frames[0] =
                    frame(
                            1,
                            ClientFrame.newBuilder()
                                    .setHello(Hello.newBuilder().setToken("dev:alice/phone")));
            for (int i = 1; i < frames.length; i++) {
                frames[i] = frame(i + 1, ClientFrame.newBuilder().setAck(Ack.getDefaultInstance()));
            }
            together(alice, frames);
            for (int i = 0; i < 3; i++) {
                frames[0] = frame(1, ClientFrame.newBuilder().setAck(Ack.getDefaultInstance()));
                together(alice, frames);
            }
            for (int message = 0; message < 4; message++) {
                for (int i = message == 0 ? 1 : 0; i < frames.length; i++) {
                    assertThat(alice.await(ServerFrame::hasRefused).getRequestId())
                            .as("message %d", message)
                            .isEqualTo(i + 1);
                }
            }
        }
    }
}
