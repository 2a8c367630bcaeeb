package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.bytes;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.creation;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CallEffect;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogLimits;
import io.lockstep.log.LogPosition;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Tests of an actor whose log executes nothing, or answers late.
class RefusedByLogTest {
    private final ActorHarness stage = new ActorHarness();

    @BeforeEach
    void aGroup() {
        stage.accept(creation(GROUP, ALICE));
        stage.accept(application(ALICE, 0, "m1"));
    }

    private static Code code(SubmissionAnswer answer) {
        return ((SubmissionAnswer.RefusedAnswer) answer).code();
    }

    /// The store is at `maxmemory`, for example.
    private static <T> Mono<T> full() {
        return Mono.error(LogUnavailableException.lasting("full", GROUP, null));
    }

    /// The store loads its data, for example.
    private static <T> Mono<T> busy() {
        return Mono.error(
                new LogUnavailableException("busy", GROUP, CallEffect.NOT_EXECUTED, null));
    }

    /// It used to be an unknown outcome after 5 s.
    @Test
    void submissionRefusedByAFullLogIsUnavailableAtOnce() {
        stage.log.onAppend = _ -> full();
        stage.log.onCreate = _ -> full();
        var answers = stage.submit(application(ALICE, 0, "m2"), commit(ALICE, 0, "c"));
        var made = stage.submit(creation(new GroupId(bytes("another")), ALICE));
        stage.pass(Duration.ofSeconds(2));

        assertThat(answers)
                .extracting(RefusedByLogTest::code)
                .containsExactly(Code.UNAVAILABLE, Code.UNAVAILABLE);
        assertThat(made).extracting(RefusedByLogTest::code).containsExactly(Code.UNAVAILABLE);
    }

    @Test
    void logThatIsVerifiedAgainSoonTakesTheWaitingSubmissions() {
        stage.log.onAppend = _ -> full();
        var answers = stage.submit(application(ALICE, 0, "m2"));
        stage.pass(Duration.ofMillis(300));
        assertThat(answers).isEmpty();
        stage.log.mend();
        stage.pass(Duration.ofSeconds(1));

        assertThat(answers)
                .hasSize(1)
                .allMatch(a -> a instanceof SubmissionAnswer.AcceptedAnswer r && !r.repeat());
    }

    @Test
    void temporaryRefusalIsRetriedForLongAndThenUnavailable() {
        stage.log.onAppend = _ -> busy();
        var answers = stage.submit(application(ALICE, 0, "m2"));
        stage.pass(Duration.ofSeconds(4));
        assertThat(answers).isEmpty();
        stage.pass(Duration.ofSeconds(2));

        assertThat(answers).extracting(RefusedByLogTest::code).containsExactly(Code.UNAVAILABLE);
    }

    @Test
    @DisplayName("I3: an unknown outcome stays unknown when the log refuses later tries")
    void unknownOutcomeStaysUnknownWhenLaterTriesAreRefused() {
        stage.log.onAppend =
                _ -> {
                    stage.log.onAppend = _ -> full();
                    return DisturbedLog.unavailable();
                };
        var answers = stage.submit(application(ALICE, 0, "m2"));
        stage.pass(Duration.ofSeconds(7));

        assertThat(answers)
                .extracting(RefusedByLogTest::code)
                .containsExactly(Code.OUTCOME_UNKNOWN);
    }

    private Mono<AppendOutcome> behindAfter4Seconds() {
        var tail = stage.tail();
        var further =
                new GroupTail(
                        new LogPosition(
                                tail.last().incarnation(),
                                tail.position() + 1,
                                bytes("another").sha256()),
                        0,
                        1);
        return Mono.delay(Duration.ofSeconds(4), stage.time.new Node())
                .map(_ -> new AppendOutcome.TailMismatch(further, List.of()));
    }

    // PROTOCOL R-SUB-3
    /// Each of the last steps used to have a time limit of its own: the answer came after 15 s.
    @Test
    void answerComesInTimeWhileCatchingUpAndLoading() {
        for (boolean loading : List.of(false, true)) {
            stage.log.onAppend = _ -> behindAfter4Seconds();
            stage.log.onRead =
                    _ ->
                            loading
                                    ? Mono.delay(Duration.ofSeconds(4), stage.time.new Node())
                                            .map(_ -> new ReadOutcome.Trimmed(stage.tail()))
                                    : Mono.delay(Duration.ofSeconds(4), stage.time.new Node())
                                            .then(DisturbedLog.unavailable());
            stage.log.onLoad = _ -> Mono.never();
            var answers = stage.submit(application(ALICE, 0, "m2"));
            stage.pass(ActorHarness.LIMITS.answerMax());

            assertThat(answers)
                    .as("loading: " + loading)
                    .extracting(RefusedByLogTest::code)
                    .containsExactly(Code.UNAVAILABLE);
            stage.log.mend();
            stage.pass(Duration.ofSeconds(10));
        }
    }

    /// The log names the commit that has no room. A later message of the batch used to be refused
    /// in its place.
    @Test
    void nothingFollowsACommitOfManyNamesInItsBatch() {
        var added = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i <= LogLimits.BATCH_NAMES_MAX; i++) {
            added.put(new MemberId(1, i), ALICE.owner());
        }
        stage.log.appends.clear();
        var answers =
                stage.submit(
                        application(ALICE, 0, "before"),
                        commit(ALICE, 0, "c", new RosterDelta(added, Set.of()), 0),
                        application(ALICE, 0, "after"));
        stage.pass(Duration.ofSeconds(1));

        assertThat(answers).hasSize(3).allMatch(a -> a instanceof SubmissionAnswer.AcceptedAnswer);
        assertThat(stage.log.appends).containsExactly(1, 1, 1);
    }
}
