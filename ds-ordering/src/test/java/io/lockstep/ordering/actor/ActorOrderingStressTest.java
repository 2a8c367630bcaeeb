package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.CAROL;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.bytes;
import static io.lockstep.ordering.actor.TestAuthors.creation;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.NewEntry;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Actors on real threads, over a log that answers on threads of its own.
@Timeout(60)
class ActorOrderingStressTest {
    private static final GroupId HOT = new GroupId(bytes("hot"));

    private final Scheduler threads = Schedulers.newParallel("ordering", 2);
    private final Scheduler logThreads = Schedulers.newParallel("log", 2);
    private final MemoryGroupLog store = new MemoryGroupLog();
    private final ActorOrdering actors = node();
    private final ActorOrdering otherNode = node();

    private ActorOrdering node() {
        return new ActorOrdering(
                new Remote(store, logThreads),
                // The speed of a busy machine is not under test.
                OrderingLimits.DEFAULT.withAnswerWithin(Duration.ofMinutes(1)),
                InstantSource.system(),
                threads,
                new SimpleMeterRegistry());
    }

    @AfterEach
    void stop() {
        actors.close().then(otherNode.close()).block(Duration.ofSeconds(20));
        threads.dispose();
        logThreads.dispose();
    }

    private static final class Remote extends ForwardingLog {
        private final Scheduler threads;

        Remote(GroupLog log, Scheduler threads) {
            super(log);
            this.threads = threads;
        }

        @Override
        public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
            return super.load(group, recentMax).subscribeOn(threads);
        }

        @Override
        public Mono<AppendOutcome> append(
                GroupId group, LogPosition expected, List<NewEntry> batch) {
            return super.append(group, expected, batch).subscribeOn(threads);
        }
    }

    private static Submission.CommitSubmission addBobAndCarol() {
        return new Submission.CommitSubmission(
                HOT,
                ALICE,
                0,
                false,
                bytes("add"),
                Bytes.EMPTY,
                Bytes.EMPTY,
                new RosterDelta(
                        Map.of(BOB.member(), BOB.owner(), CAROL.member(), CAROL.owner()), Set.of()),
                0);
    }

    @Test
    @DisplayName(
            "I2, I4: a hot group on two nodes is dense, without repeats, in each sender's order")
    void oneHotGroup() {
        actors.submit(creation(HOT, ALICE)).block();
        actors.submit(addBobAndCarol()).block();
        int each = 3000;
        var places = new ConcurrentHashMap<String, Long>();

        Flux.just(ALICE, BOB, CAROL)
                .flatMap(author ->
                        Flux.range(0, each)
                                .flatMapSequential(i -> send(author, i, places), 64)
                                .subscribeOn(Schedulers.boundedElastic()))
                .then()
                .block(Duration.ofSeconds(50));

        var log = Objects.requireNonNull(store.load(HOT, Integer.MAX_VALUE).block()).recent();
        assertThat(log).hasSize(1 + 3 * each);
        var positions = new HashMap<Bytes, Long>();
        for (LogEntry entry : log) {
            assertThat(entry.position()).isEqualTo(positions.size() + 1L);
            assertThat(positions.put(entry.message(), entry.position())).isNull();
        }
        places.forEach((text, p) -> assertThat(positions.get(bytes(text))).isEqualTo(p));
        assertThat(places).hasSize(3 * each);
    }

    /// Sends every tenth submission to both nodes at once.
    private Mono<Void> send(Author author, int i, Map<String, Long> places) {
        var text = author.member() + " " + i;
        var submission = application(HOT, author, 1, bytes(text));
        var nodes = i % 10 == 0 ? List.of(actors, otherNode) : List.of(actors);
        return Flux.fromIterable(nodes)
                .flatMap(node -> node.submit(submission))
                .doOnNext(answer -> {
                    long position =
                            ((SubmissionAnswer.AcceptedAnswer) answer).logPosition().position();
                    var before = places.put(text, position);
                    if (before != null && before != position) {
                        throw new AssertionError(text + " is at " + before + " and at " + position);
                    }
                })
                .then();
    }

    @Test
    void tenThousandGroupsAtOnce() {
        int groups = 10_000;
        var created =
                Flux.range(0, groups)
                        .flatMap(
                                i -> actors.submit(creation(new GroupId(bytes("g" + i)), ALICE)),
                                groups)
                        .filter(a -> a instanceof SubmissionAnswer.AcceptedAnswer)
                        .count()
                        .block();
        assertThat(created).isEqualTo(groups);

        var wrong =
                Flux.range(0, 3 * groups)
                        .flatMap(
                                i -> {
                                    var group = new GroupId(bytes("g" + i % groups));
                                    return actors.submit(
                                            application(group, ALICE, 0, bytes("m" + i)));
                                },
                                groups)
                        .filter(a -> !(a instanceof SubmissionAnswer.AcceptedAnswer))
                        .collectList()
                        .block(Duration.ofSeconds(50));
        assertThat(wrong).isEmpty();
        assertThat(actors.actors()).isEqualTo(groups);
        for (int i = 0; i < groups; i++) {
            var tail = Objects.requireNonNull(store.tail(new GroupId(bytes("g" + i))).block());
            assertThat(tail.position()).isEqualTo(3);
        }
    }
}
