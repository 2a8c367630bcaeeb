package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.log.LogPosition;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.ServerFrame;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

final class StopTest {
    // PROTOCOL R-LIFE-11
    @Test
    void sessionsGetGoAwayAndAreClosed() throws Exception {
        try (var server = TestServer.start();
                var alice = TestClient.open(server, "alice/phone");
                var undecided = TestClient.connect(server, FrameFormat.PROTO)) {
            var stopped = server.gateway.stop().toFuture();
            var goAway = alice.await(ServerFrame::hasGoAway).getGoAway();
            assertThat(goAway.getCode()).isEqualTo("going_away");
            assertThat(goAway.getReconnectAfterMillis())
                    .isBetween(0, (int) SessionLimits.DEFAULT.reconnectSpread().toMillis());
            alice.assertClosed(Code.GOING_AWAY);
            undecided.assertClosed(Code.GOING_AWAY);
            stopped.get(20, TimeUnit.SECONDS);
            assertThatThrownBy(() -> TestClient.connect(server, FrameFormat.PROTO))
                    .isInstanceOf(java.util.concurrent.CompletionException.class);
        }
    }

    // PROTOCOL R-LIFE-11
    @Test
    void answersInFlightAreFinishedFirst() throws Exception {
        var held = Sinks.<SubmissionAnswer>one();
        var arrived = new CountDownLatch(1);
        var setup =
                TestServer.Setup.DEFAULT.withOrdering(ordering ->
                        submission -> {
                            if (submission instanceof Submission.CreateSubmission) {
                                return ordering.submit(submission);
                            }
                            arrived.countDown();
                            return held.asMono();
                        });
        try (var server = TestServer.start(setup);
                var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(group("g")));
            long request = alice.message(application(group("g"), 0, "x"));
            assertThat(arrived.await(5, TimeUnit.SECONDS)).isTrue();
            var stopped = server.gateway.stop().toFuture();
            alice.await(ServerFrame::hasGoAway);
            assertThat(stopped).isNotDone();
            var position = new LogPosition(Bytes.wrap(new byte[16]), 1, Bytes.wrap(new byte[32]));
            held.tryEmitValue(new SubmissionAnswer.AcceptedAnswer(position, 0, false));
            assertThat(alice.accepted(request).getPosition()).isEqualTo(1);
            alice.assertClosed(Code.GOING_AWAY);
            stopped.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void anAnswerThatNeverComesDoesNotDelayTheStop() throws Exception {
        var setup =
                TestServer.Setup.DEFAULT
                        .withSettings(s -> {
                            var l = s.limits();
                            return s.withLimits(
                                    new GatewayLimits(
                                            l.connections(),
                                            l.http(),
                                            l.session(),
                                            l.receive(),
                                            l.blobs(),
                                            l.submissions(),
                                            l.quotas(),
                                            Duration.ofMillis(300)));
                        })
                        .withOrdering(_ -> _ -> Sinks.<SubmissionAnswer>one().asMono());
        try (var server = TestServer.start(setup);
                var alice = TestClient.open(server, "alice/phone")) {
            alice.create(group("g"));
            server.gateway.stop().block(Duration.ofSeconds(10));
            alice.assertClosed(Code.GOING_AWAY);
        }
    }
}
