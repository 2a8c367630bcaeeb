package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Hello;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A client that sends requests and never reads.
final class SlowClientTest {
    private static final GroupId GROUP = group("g");

    private final LogCapture log = LogCapture.open();
    private final TestServer server =
            TestServer.start(
                    TestServer.Setup.DEFAULT.withSession(l ->
                            new SessionLimits(
                                    l.frameBytesMax(),
                                    l.messageBytesMax(),
                                    l.welcomeBytesMax(),
                                    l.submissionsInFlightMax(),
                                    l.attachedGroupsMax(),
                                    64 << 10,
                                    4 << 10,
                                    8 << 10,
                                    l.helloTimeout(),
                                    l.authenticationTimeout(),
                                    l.pingInterval(),
                                    Duration.ofMillis(200),
                                    l.drain(),
                                    l.drainOverlap())));

    @AfterEach
    void stop() {
        server.close();
        assertThat(log.troubles()).isEmpty();
        log.close();
    }

    private static byte[] frames(ClientFrame frame, int count) {
        var one = FrameCodec.encodePayload(FrameFormat.PROTO, frame);
        var all = new byte[one.length * count];
        for (int i = 0; i < count; i++) {
            System.arraycopy(one, 0, all, i * one.length, one.length);
        }
        return all;
    }

    // PROTOCOL R-LIFE-14
    @Test
    void aClientThatReadsNoAnswersIsDisconnectedAndOthersContinue() throws Exception {
        try (var other = TestClient.open(server, "bob/phone");
                var raw = new RawConnection(server)) {
            raw.upgrade("lockstep.v1.proto");
            raw.send(
                    RawConnection.frame(
                            0x82,
                            frames(
                                    ClientFrame.newBuilder()
                                            .setHello(
                                                    Hello.newBuilder().setToken("dev:alice/phone"))
                                            .build(),
                                    1)));
            // An attach without a group is refused at once: the answer is ten times as long as the
            // request.
            var questions =
                    RawConnection.frame(
                            0x82,
                            frames(
                                    ClientFrame.newBuilder()
                                            .setRequestId(1)
                                            .setAttach(
                                                    Attach.newBuilder()
                                                            .setCursor(Cursor.getDefaultInstance()))
                                            .build(),
                                    FrameCodec.FRAMES_MAX));
            var writer =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    for (int i = 0; i < 10_000; i++) {
                                        raw.send(questions);
                                    }
                                } catch (IOException e) {
                                    // Disconnected, as expected.
                                }
                            });
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() ->
                            server.count(
                                            "lockstep.gateway.session.transitions",
                                            "reason",
                                            "client_too_fast")
                                    == 1);
            other.accepted(other.create(GROUP));
            writer.join(Duration.ofSeconds(20));
            assertThat(writer.isAlive()).isFalse();
        }
    }
}
