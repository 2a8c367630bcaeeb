package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.log.LogPosition;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.GoAway;
import io.lockstep.wire.proto.ServerFrame;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
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
            assertThat(goAway.getReconnectAfterMillis()).isZero();
            alice.assertClosed(Code.GOING_AWAY);
            undecided.assertClosed(Code.GOING_AWAY);
            stopped.get(20, TimeUnit.SECONDS);
            assertThatThrownBy(() -> TestClient.connect(server, FrameFormat.PROTO))
                    .isInstanceOf(java.util.concurrent.CompletionException.class);
        }
    }

    // PROTOCOL R-LIFE-12
    @Test
    void aDrainMovesEachSessionAtItsOwnTimeAndServesItUntilThen() throws Exception {
        try (var server =
                        TestServer.start(draining(Duration.ofSeconds(2), Duration.ofMillis(500)));
                var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(alice.create(group("g")));
            var stopped = server.gateway.stop().toFuture();
            var slots =
                    List.of(
                            alice.await(ServerFrame::hasGoAway).getGoAway(),
                            bob.await(ServerFrame::hasGoAway).getGoAway());
            assertThat(slots)
                    .extracting(GoAway::getReconnectAfterMillis)
                    .containsExactlyInAnyOrder(0, 1_000);

            alice.accepted(alice.message(application(group("g"), 0, "while it drains")));
            // No new session, but an answer that says so.
            assertThatThrownBy(() -> TestClient.connect(server, FrameFormat.PROTO))
                    .hasRootCauseMessage("Unexpected HTTP response status code 503");
            assertThat(stopped).isNotDone();

            alice.assertClosed(Code.GOING_AWAY);
            bob.assertClosed(Code.GOING_AWAY);
            stopped.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void aDrainEndsWhenAllClientsHaveGone() throws Exception {
        try (var server =
                TestServer.start(draining(Duration.ofMinutes(2), Duration.ofMinutes(1)))) {
            Future<Void> stopped;
            try (var alice = TestClient.open(server, "alice/phone")) {
                stopped = server.gateway.stop().toFuture();
                alice.await(ServerFrame::hasGoAway);
            }
            stopped.get(20, TimeUnit.SECONDS);
        }
    }

    private static TestServer.Setup draining(Duration time, Duration overlap) {
        return TestServer.Setup.DEFAULT.withSession(l -> l.withDrain(time, overlap));
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
