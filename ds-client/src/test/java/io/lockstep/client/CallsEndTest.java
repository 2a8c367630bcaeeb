package io.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.FakeServer.FakeSession;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Accepted;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Retry;
import io.lockstep.wire.proto.ServerFrame;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;

/// Every call of the library ends with a result or a code, whatever the server and the connection
/// do.
@Timeout(30)
class CallsEndTest {
    private static final GroupId ROOM =
            new GroupId(Bytes.wrap("room".getBytes(StandardCharsets.US_ASCII)));
    private static final Bytes MESSAGE = Bytes.wrap("message".getBytes(StandardCharsets.US_ASCII));
    private static final Duration NEVER_IN_THIS_TEST = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(300);

    private final FakeServer server = new FakeServer(FrameFormat.PROTO);
    private final ClientNetwork network = ClientNetwork.start(1);
    private final BlockingQueue<ClientEvent> events = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        network.close();
        server.close();
    }

    private LockstepClient client(Duration answerWithin) {
        return client(server.webSocket(), answerWithin);
    }

    private LockstepClient client(URI webSocket, Duration answerWithin) {
        var client =
                LockstepClient.create(
                        network,
                        ClientConfig.of(
                                        webSocket,
                                        URI.create("http://127.0.0.1:1"),
                                        () -> "dev:alice/laptop",
                                        new Backoff(
                                                Duration.ofMillis(1),
                                                Duration.ofMillis(5),
                                                3,
                                                new Random(1)))
                                .withAnswerWithin(answerWithin));
        client.events().subscribe(events::add);
        return client;
    }

    private FakeSession open(LockstepClient client, int inFlightMax) {
        var connected = client.connect().toFuture();
        var session = server.acceptReady(inFlightMax);
        connected.orTimeout(10, TimeUnit.SECONDS).join();
        return session;
    }

    private static void assertRefused(CompletableFuture<?> call, String code) {
        assertThatThrownBy(() -> call.orTimeout(10, TimeUnit.SECONDS).join())
                .hasCauseInstanceOf(RefusedException.class)
                .cause()
                .satisfies(e -> assertThat(((RefusedException) e).code()).isEqualTo(code));
    }

    private static ServerFrame.Builder refusal(ClientFrame submission) {
        return ServerFrame.newBuilder()
                .setRequestId(submission.getRequestId())
                .setRefused(
                        Refused.newBuilder()
                                .setCode(Code.NOT_A_MEMBER.wireName())
                                .setRetry(Retry.RETRY_NEVER)
                                .setGroupId(ROOM.bytes().asByteString()));
    }

    @Test
    void aSubmissionThatTheServerDoesNotAnswerEndsWithAnUnknownOutcome() {
        var client = client(SHORT);
        var session = open(client, 8);
        var sent = client.send(ROOM, MESSAGE).toFuture();
        assertThat(session.next().hasSend()).isTrue();
        assertRefused(sent, "outcome_unknown");
        assertThatThrownBy(sent::join)
                .cause()
                .satisfies(e -> assertThat(((RefusedException) e).isOutcomeUnknown()).isTrue());
    }

    @Test
    void aSubmissionThatWasNeverSentEndsAsUnavailable() {
        assertRefused(client(SHORT).send(ROOM, MESSAGE).toFuture(), "unavailable");
    }

    /// The late answer belongs to no call. It must neither end the attachment nor keep the slot.
    @Test
    void aLateAnswerOnlyFreesTheSlotOfItsSubmission() {
        var client = client(Duration.ofSeconds(2));
        var session = open(client, 1);
        client.attach(ROOM).subscribe(_ -> {}, _ -> {});
        assertThat(session.next().hasAttach()).isTrue();
        var first = client.send(ROOM, MESSAGE).toFuture();
        var late = session.next();
        assertRefused(first, "outcome_unknown");
        var second = client.send(ROOM, MESSAGE).toFuture();
        session.send(refusal(late));
        var next = session.next();
        session.send(
                ServerFrame.newBuilder()
                        .setRequestId(next.getRequestId())
                        .setAccepted(
                                Accepted.newBuilder()
                                        .setGroupId(ROOM.bytes().asByteString())
                                        .setEpoch(7)));
        assertThat(second.orTimeout(10, TimeUnit.SECONDS).join().epoch()).isEqualTo(7);
        assertThat(events).noneMatch(ClientEvent.AttachRefused.class::isInstance);
    }

    @Test
    void aConnectThatReachesNoServerEndsAsUnavailable() {
        assertRefused(
                client(URI.create("ws://127.0.0.1:1/v1/ws"), SHORT).connect().toFuture(),
                "unavailable");
    }

    @Test
    void anAttachThatIsNotAnsweredEndsAsUnavailable() {
        var client = client(SHORT);
        open(client, 8);
        assertRefused(client.attach(ROOM).toFuture(), "unavailable");
    }

    /// Bug: without a session the server cannot answer the `detach`, and nothing else ended it.
    @Test
    void anAttachEndsWhenTheApplicationDetachesWithoutASession() {
        var client = client(NEVER_IN_THIS_TEST);
        var attached = client.attach(ROOM).toFuture();
        client.detach(ROOM);
        assertRefused(attached, "requested");
    }

    /// Bug: the event loop had ended, and with it everything that could complete the calls.
    @Test
    void closingTheNetworkEndsTheCallsOfItsClients() {
        var client = client(NEVER_IN_THIS_TEST);
        var sent = client.send(ROOM, MESSAGE).toFuture();
        var attached = client.attach(ROOM).toFuture();
        network.close();
        for (var call : new CompletableFuture<?>[] {sent, attached}) {
            assertThatThrownBy(() -> call.orTimeout(10, TimeUnit.SECONDS).join())
                    .hasCauseInstanceOf(ClientClosedException.class);
        }
        assertThatThrownBy(() -> client.send(ROOM, MESSAGE).block(Duration.ofSeconds(10)))
                .isInstanceOf(ClientClosedException.class);
    }

    /// Bug: a closed engine dropped its tasks, and the calls that waited for them never ended.
    @Test
    void closingAnEngineEndsItsCalls() throws InterruptedException {
        var engine = EngineThread.start("mls", CallsEndTest::noEngine);
        var running = new CountDownLatch(1);
        var enough = new AtomicBoolean();
        var first =
                engine.call(
                                _ -> {
                                    running.countDown();
                                    return compute(enough);
                                })
                        .toFuture();
        running.await();
        var queued = engine.call(_ -> true).toFuture();
        var later = engine.<Boolean>begin(_ -> {}).toFuture();
        engine.close();
        for (var call : new CompletableFuture<?>[] {first, queued, later}) {
            assertThatThrownBy(() -> call.orTimeout(10, TimeUnit.SECONDS).join())
                    .isInstanceOf(Exception.class)
                    .hasCauseInstanceOf(ClientClosedException.class);
        }
        assertThatThrownBy(() -> engine.call(_ -> true).block(Duration.ofSeconds(10)))
                .isInstanceOf(ClientClosedException.class);
        enough.set(true);
    }

    /// Goes on when it is interrupted, as a long computation does.
    private static boolean compute(AtomicBoolean enough) {
        while (!enough.get()) {
            Thread.onSpinWait();
        }
        return true;
    }

    private static MlsEngine noEngine() {
        return (MlsEngine)
                Proxy.newProxyInstance(
                        MlsEngine.class.getClassLoader(),
                        new Class<?>[] {MlsEngine.class},
                        (_, _, _) -> Mono.empty());
    }
}
