package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.commit;
import static io.lockstep.wire.mls.MlsBytes.group;
import static io.lockstep.wire.mls.MlsBytes.groupInfo;
import static io.lockstep.wire.mls.MlsBytes.reference;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.gateway.access.GatewayServices;
import io.lockstep.gateway.limits.SubmissionLimits;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Send;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A store that never answers. Each submission is answered in time, with the statement that nothing
/// went to ordering, and so are those after it in its group.
final class LookupDeadlineTest {
    private static final GroupId GROUP = group("family");
    private static final Duration LOOKUP_MAX = Duration.ofMillis(500);

    private final LogCapture log = LogCapture.open();
    private TestServer server = TestServer.start();

    private void restart(TestServer.Setup setup) {
        server.close();
        server =
                TestServer.start(
                        setup.withSettings(s ->
                                s.withLimits(
                                        s.limits()
                                                .withSubmissions(
                                                        SubmissionLimits.DEFAULT.withLookupMax(
                                                                LOOKUP_MAX)))));
    }

    @AfterEach
    void stop() {
        server.close();
        assertThat(log.troubles())
                .allMatch(line -> line.contains("the look-up for a submission failed"));
        log.close();
    }

    /// @param answer of the method with this name
    private static <T> T with(Class<T> type, T inner, String method, Mono<?> answer) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, asked, with) ->
                                asked.getName().equals(method)
                                        ? answer
                                        : asked.invoke(inner, with)));
    }

    private static TestServer.Setup stuck(String method, Mono<?> answer) {
        UnaryOperator<GatewayServices> change =
                s ->
                        new GatewayServices(
                                s.ordering(),
                                s.fanout(),
                                with(GroupLog.class, s.log(), method, answer),
                                s.remembered(),
                                with(BlobStore.class, s.blobs(), method, answer),
                                with(KeyPackageStore.class, s.keyPackageStore(), method, answer),
                                s.keyPackages(),
                                with(InboxStore.class, s.inbox(), method, answer),
                                s.authenticator(),
                                s.revocations(),
                                s.devices(),
                                s.pseudonyms(),
                                s.quotas(),
                                s.clock(),
                                s.meters(),
                                s.live(),
                                s.ready(),
                                s.hasRoom());
        return TestServer.Setup.DEFAULT.withServices(change);
    }

    private static void assertUnavailable(TestClient client, List<Long> requests) throws Exception {
        for (long request : requests) {
            client.assertRefused(request, Code.UNAVAILABLE);
        }
    }

    // PROTOCOL R-SUB-2
    @ParameterizedTest
    @ValueSource(strings = {"policy", "membership", "get"})
    void aBlobLookupThatNeverEndsIsUnavailable(String question) throws Exception {
        restart(stuck(question, Mono.never()));
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            var message = application(GROUP, 0, "m");
            server.blobs.put(GROUP, message.sha256(), message, BlobStore.UNREFERENCED).block();
            var requests = new ArrayList<Long>();
            for (int i = 0; i < 20; i++) {
                requests.add(
                        alice.send(f ->
                                f.setSend(
                                        Send.newBuilder()
                                                .setGroupId(GROUP.bytes().asByteString())
                                                .setMessageReference(reference(message)))));
            }
            assertUnavailable(alice, requests);
            alice.accepted(alice.message(application(GROUP, 0, "inline")));
        }
    }

    // PROTOCOL R-SUB-2
    @ParameterizedTest
    @ValueSource(strings = {"owners", "refusing", "shareUsed", "gone", "joining"})
    void aJoinerLookupThatNeverEndsIsUnavailable(String question) throws Exception {
        restart(stuck(question, Mono.never()));
        assertCommitIsUnavailable();
    }

    /// A store that completes without a value is no answer either: the submission waited forever.
    @ParameterizedTest
    @ValueSource(strings = {"owners", "refusing", "shareUsed", "gone", "joining"})
    void aJoinerLookupWithoutAValueIsUnavailable(String question) throws Exception {
        restart(stuck(question, Mono.empty()));
        assertCommitIsUnavailable();
    }

    private void assertCommitIsUnavailable() throws Exception {
        var ref = server.keyPackageOf(ClientId.parse("bob/phone"));
        try (var alice = TestClient.open(server, "alice/phone")) {
            alice.accepted(alice.create(GROUP));
            var requests = new ArrayList<Long>();
            for (int i = 0; i < 20; i++) {
                var message = commit(GROUP, 0, "adds bob " + i);
                requests.add(
                        alice.send(f ->
                                f.setCommit(
                                        Commit.newBuilder()
                                                .setMessage(message.asByteString())
                                                .setWelcome(welcome(List.of(ref)).asByteString())
                                                .setGroupInfo(
                                                        groupInfo(GROUP, 1).asByteString()))));
            }
            assertUnavailable(alice, requests);
            alice.accepted(alice.message(application(GROUP, 0, "goes on")));
        }
    }

    // PROTOCOL R-CREATE-6 R-SUB-2
    /// A submission behind a create waited as long as each of those before it took.
    @Test
    void aSubmissionBehindASlowCreateIsNotSubmittedLate() throws Exception {
        var first = Sinks.<SubmissionAnswer>one();
        var submitted = new CopyOnWriteArrayList<Submission>();
        restart(
                TestServer.Setup.DEFAULT.withOrdering(_ ->
                        submission -> {
                            submitted.add(submission);
                            return first.asMono();
                        }));
        try (var alice = TestClient.open(server, "alice/phone")) {
            long create = alice.create(GROUP);
            var behind =
                    List.of(
                            alice.create(GROUP),
                            alice.message(application(GROUP, 0, "m")),
                            alice.send(f ->
                                    f.setCreate(
                                            Create.newBuilder()
                                                    .setGroupId(GROUP.bytes().asByteString())
                                                    .setRatchetTree(
                                                            MlsBytes.text("t").asByteString()))));
            var _ = Mono.delay(LOOKUP_MAX.multipliedBy(2)).block();
            first.tryEmitValue(SubmissionAnswer.RefusedAnswer.of(Code.OVERLOADED, "full"));
            alice.assertRefused(create, Code.OVERLOADED);
            assertUnavailable(alice, behind);
            assertThat(submitted).hasSize(1);
        }
    }
}
