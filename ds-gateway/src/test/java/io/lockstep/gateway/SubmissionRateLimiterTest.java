package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.Postponement;
import io.lockstep.gateway.access.SubmissionRateLimiter;
import io.lockstep.gateway.limits.SubmissionLimits;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ServerFrame;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Rate limits of submissions and failures per client and user. With these rates no bucket gains a
/// token while the test runs.
final class SubmissionRateLimiterTest {
    private static final GroupId GROUP = group("family");
    private static final int BURST = 5;
    private static final String ACCEPTED = "accepted";

    private final LogCapture log = LogCapture.open();
    private final AtomicInteger ordered = new AtomicInteger();
    private TestServer server = TestServer.start();

    private void restart(SubmissionLimits limits) {
        server.close();
        server =
                TestServer.start(
                        TestServer.Setup.DEFAULT
                                .withSettings(s -> s.withLimits(s.limits().withSubmissions(limits)))
                                .withOrdering(ordering ->
                                        submission -> {
                                            ordered.incrementAndGet();
                                            return ordering.submit(submission);
                                        }));
    }

    @AfterEach
    void stop() {
        server.close();
        assertThat(log.troubles()).isEmpty();
        log.close();
    }

    /// One after the other.
    private static List<String> messages(TestClient client, GroupId group, int count)
            throws InterruptedException {
        var answers = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            answers.add(answer(client, client.message(application(group, 0, "m" + i))));
        }
        return answers;
    }

    private static String answer(TestClient client, long request) throws InterruptedException {
        var frame = client.await(f -> f.getRequestId() == request);
        if (frame.hasAccepted()) {
            return ACCEPTED;
        }
        checkAdvice(frame);
        return frame.getRefused().getCode();
    }

    private static void checkAdvice(ServerFrame frame) {
        var refused = frame.getRefused();
        if (refused.getCode().equals(Code.RATE_LIMITED.wireName())) {
            assertThat(refused.getRetryAfterMillis()).isPositive();
        }
    }

    private static long rateLimited(List<String> answers) {
        return answers.stream().filter(Code.RATE_LIMITED.wireName()::equals).count();
    }

    // PROTOCOL R-RATE-1
    @Test
    void aClientThatSubmitsTooMuchWaitsAndNobodyElseDoes() throws Exception {
        // Five at once, one a second; ten for the user.
        restart(SubmissionLimits.DEFAULT.withRates(1, 0));
        try (var alice = TestClient.open(server, "alice/phone");
                var bob = TestClient.open(server, "bob/phone")) {
            alice.accepted(alice.create(GROUP));
            var answers = messages(alice, GROUP, 30);
            assertThat(answers.subList(0, BURST - 1)).containsOnly(ACCEPTED);
            assertThat(rateLimited(answers)).isPositive();
            assertThat(ordered.get())
                    .as("what is refused is not looked into")
                    .isEqualTo(1 + 30 - (int) rateLimited(answers));
            bob.accepted(bob.create(group("others")));
        }
    }

    // PROTOCOL R-RATE-1
    @Test
    void theDevicesOfAUserShareItsRate() throws Exception {
        restart(SubmissionLimits.DEFAULT.withRates(1, 0));
        var answers = new ArrayList<String>();
        for (int device = 0; device < 8; device++) {
            try (var client = TestClient.open(server, "alice/d" + device)) {
                for (int i = 0; i < BURST; i++) {
                    answers.add(answer(client, client.create(group("g" + device + "." + i))));
                }
            }
        }
        assertThat(answers.subList(0, 2 * BURST)).containsOnly(ACCEPTED);
        assertThat(rateLimited(answers)).isPositive();
    }

    // PROTOCOL R-RATE-1
    @Test
    void bytesCountForTheClientAndItsUser() {
        var nanos = new AtomicLong();
        var rates =
                new SubmissionRateLimiter(
                        SubmissionLimits.DEFAULT.withRates(0, 1_000), 1_000, nanos::get);
        var devices = Stream.of("a", "b", "c").map(d -> new ClientId("alice", d)).toList();
        // Three frames at once.
        for (int i = 0; i < 3; i++) {
            assertThat(rates.submit(devices.getFirst(), 1_000)).isEmpty();
            assertThat(rates.submit(devices.get(1), 1_000)).isEmpty();
        }
        assertThat(rates.submit(devices.getFirst(), 500).map(Postponement::retryAfter))
                .contains(Duration.ofMillis(500));
        assertThat(rates.submit(devices.getLast(), 500).map(Postponement::retryAfter))
                .as("its user has had twice that")
                .contains(Duration.ofMillis(250));
        assertThat(rates.submit(new ClientId("bob", "a"), 1_000)).isEmpty();
        nanos.addAndGet(Duration.ofMillis(500).toNanos());
        assertThat(rates.submit(devices.getFirst(), 500)).isEmpty();
    }

    @Test
    void createsPerUserAreLimited() throws Exception {
        restart(SubmissionLimits.DEFAULT.withCreates(1, BURST));
        var answers = new ArrayList<String>();
        try (var phone = TestClient.open(server, "alice/phone");
                var laptop = TestClient.open(server, "alice/laptop");
                var bob = TestClient.open(server, "bob/phone")) {
            for (int i = 0; i < 15; i++) {
                answers.add(answer(phone, phone.create(group("p" + i))));
                answers.add(answer(laptop, laptop.create(group("l" + i))));
            }
            assertThat(answers.subList(0, BURST)).containsOnly(ACCEPTED);
            assertThat(rateLimited(answers)).isPositive();
            assertThat(messages(phone, group("p0"), 3)).containsOnly(ACCEPTED);
            bob.accepted(bob.create(GROUP));
        }
    }

    // PROTOCOL R-RATE-3
    /// Without this limit an outsider makes a node load groups as fast as it can send.
    @Test
    void aClientThatFailsTooOftenIsRefusedWithoutAQueryToTheStore() throws Exception {
        restart(new SubmissionLimits(0, 0, 1, BURST, 1, 100, SubmissionLimits.DEFAULT.lookupMax()));
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone");
                var http = HttpClient.newHttpClient()) {
            alice.accepted(alice.create(GROUP));
            ordered.set(0);
            var answers = messages(eve, group("nowhere"), 30);
            assertThat(answers.subList(0, BURST)).containsOnly(Code.UNKNOWN_GROUP.wireName());
            assertThat(rateLimited(answers)).isPositive();
            assertThat(ordered.get()).isEqualTo(30 - (int) rateLimited(answers));
            // HTTP requests about a group use the same budget; one token a second comes back.
            var codes = new ArrayList<Integer>();
            for (int i = 0; i < 10; i++) {
                codes.add(
                        http.send(
                                        HttpRequest.newBuilder(
                                                        server.http("/v1/groups/AAAA/group-info"))
                                                .header("authorization", "Bearer dev:eve/phone")
                                                .build(),
                                        BodyHandlers.discarding())
                                .statusCode());
            }
            assertThat(codes).contains(Code.RATE_LIMITED.httpStatus());
            assertThat(messages(alice, GROUP, 30)).containsOnly(ACCEPTED);
        }
    }

    // PROTOCOL R-RATE-3
    @Test
    void anOutsidersRequestCountsAsAFailure() throws Exception {
        restart(new SubmissionLimits(0, 0, 1, BURST, 1, 100, Duration.ofSeconds(1)));
        try (var alice = TestClient.open(server, "alice/phone");
                var eve = TestClient.open(server, "eve/phone")) {
            alice.accepted(alice.create(GROUP));
            var answers = messages(eve, GROUP, 30);
            assertThat(answers.subList(0, BURST)).containsOnly(Code.NOT_A_MEMBER.wireName());
            assertThat(rateLimited(answers)).isPositive();
        }
    }
}
