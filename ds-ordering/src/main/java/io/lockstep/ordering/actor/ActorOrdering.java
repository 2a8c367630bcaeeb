package io.lockstep.ordering.actor;

import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupLog;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.ordering.Ordering;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/// Ordering with one actor per group. An actor is created for the group's first submission and
/// removed after the group was idle for a while. Groups do not wait for each other, and no thread
/// waits for the log.
///
/// Threads: *thread-safe*. Answers arrive on the scheduler's threads; their receivers must not
/// block.
public final class ActorOrdering implements Ordering {
    private static final Logger LOG = LoggerFactory.getLogger(ActorOrdering.class);

    private final ConcurrentHashMap<GroupId, GroupActor> actors = new ConcurrentHashMap<>();
    private final AtomicLong unansweredBytes = new AtomicLong();
    private final AtomicLong residentBytes = new AtomicLong();
    private final Sinks.Empty<Void> closed = Sinks.empty();
    private final AtomicReference<@Nullable Disposable> sweeper = new AtomicReference<>();
    private final ActorContext context;
    private volatile boolean closing;

    /// @param scheduler runs the actors, on all its threads. The caller disposes it after [#close]
    ///     has completed.
    public ActorOrdering(
            GroupLog log,
            OrderingLimits limits,
            InstantSource clock,
            Scheduler scheduler,
            MeterRegistry metrics) {
        this(
                log,
                new KnownIncarnations(KnownIncarnations.DEFAULT_MAX),
                limits,
                clock,
                scheduler,
                metrics);
    }

    /// @param remembered the groups that this node has seen, shared with all their readers
    public ActorOrdering(
            GroupLog log,
            KnownIncarnations remembered,
            OrderingLimits limits,
            InstantSource clock,
            Scheduler scheduler,
            MeterRegistry metrics) {
        this(
                log,
                remembered,
                limits,
                clock,
                MonotonicClock.SYSTEM,
                scheduler,
                metrics,
                incarnations(),
                new SecureRandom());
    }

    /// @param jitter thread-safe
    ActorOrdering(
            GroupLog log,
            KnownIncarnations remembered,
            OrderingLimits limits,
            InstantSource clock,
            MonotonicClock monotonic,
            Scheduler scheduler,
            MeterRegistry metrics,
            Supplier<Bytes> incarnations,
            RandomGenerator jitter) {
        context =
                new ActorContext(
                        log,
                        remembered,
                        limits,
                        clock,
                        monotonic,
                        scheduler,
                        new OrderingMetrics(
                                metrics,
                                actors::mappingCount,
                                unansweredBytes::get,
                                residentBytes::get),
                        unansweredBytes,
                        residentBytes,
                        incarnations,
                        jitter,
                        new LogThrottle(monotonic),
                        this::answered);
        long period =
                Math.clamp(
                        limits.idleAfter().toMillis() / 4, 1, OrderingLimits.SWEEP_MAX.toMillis());
        sweeper.set(
                FaultBarrier.every(
                        "the sweep of ordering",
                        Duration.ofMillis(period),
                        scheduler,
                        this::sweep));
    }

    private static Supplier<Bytes> incarnations() {
        var random = new SecureRandom();
        return () -> {
            var bytes = new byte[GroupHead.INCARNATION_BYTES];
            random.nextBytes(bytes);
            return Bytes.wrap(bytes);
        };
    }

    @Override
    public Mono<SubmissionAnswer> submit(Submission submission) {
        return submit(submission, GroupActor::wake);
    }

    /// Wakes the actors only after all submissions are in the mailboxes.
    @Override
    public List<Mono<SubmissionAnswer>> submitTogether(List<Submission> submissions) {
        var answers = new ArrayList<Mono<SubmissionAnswer>>(submissions.size());
        var toWake = new ArrayList<GroupActor>(1);
        try {
            for (var submission : submissions) {
                answers.add(submit(submission, toWake::add));
            }
        } finally {
            toWake.forEach(GroupActor::wake);
        }
        return answers;
    }

    /// @param wake called with an actor that has new submissions and is not running
    private Mono<SubmissionAnswer> submit(Submission submission, Consumer<GroupActor> wake) {
        long bytes = (long) submission.bytes() + OrderingLimits.SUBMISSION_OVERHEAD_BYTES;
        if (unansweredBytes.addAndGet(bytes) > context.limits().queuedBytesMax()) {
            return refuse(bytes, RefusedAnswers.OVERLOADED);
        }
        if (closing) {
            return refuse(bytes, RefusedAnswers.STOPPING);
        }
        try {
            var pending =
                    new PendingSubmission(
                            submission,
                            context.monotonic().nanos()
                                    + context.limits().answerWithin().toNanos());
            var answer = pending.answer();
            return switch (offer(pending, wake)) {
                case ACCEPTED, ACCEPTED_WAKE -> answer;
                case FULL, GONE -> refuse(bytes, RefusedAnswers.OVERLOADED);
                case USER_BACKLOG_FULL -> refuse(bytes, RefusedAnswers.USER_BACKLOG_FULL);
            };
        } catch (Throwable e) { // thrown before the mailbox took it: later code throws nothing
            context.metrics().alarm(OrderingMetrics.Alarm.BUG);
            context.logThrottle().log(() -> LOG.error("a submission was not taken", e));
            return refuse(bytes, RefusedAnswers.INTERNAL);
        }
    }

    private Mailbox.OfferResult offer(PendingSubmission pending, Consumer<GroupActor> wake) {
        var group = pending.submission().group();
        while (true) {
            var actor = actors.get(group);
            if (actor == null) {
                if (actors.mappingCount() >= context.limits().actorsMax()) {
                    return Mailbox.OfferResult.FULL;
                }
                actor =
                        actors.computeIfAbsent(
                                group, g -> new GroupActor(g, context, this::remove));
            }
            var offer = actor.offer(pending);
            switch (offer) {
                case ACCEPTED, FULL, USER_BACKLOG_FULL -> {
                    return offer;
                }
                case ACCEPTED_WAKE -> {
                    wakeOrLeaveToSweep(actor, wake);
                    return offer;
                }
                case GONE -> remove(actor);
            }
        }
    }

    /// The mailbox has accepted the submission. If the actor cannot be woken now, the next sweep
    /// wakes it.
    private void wakeOrLeaveToSweep(GroupActor actor, Consumer<GroupActor> wake) {
        try {
            wake.accept(actor);
        } catch (Throwable e) {
            context.metrics().alarm(OrderingMetrics.Alarm.BUG);
            context.logThrottle()
                    .log(() -> LOG.error("an actor is not woken until the next sweep", e));
        }
    }

    private Mono<SubmissionAnswer> refuse(long bytes, SubmissionAnswer.RefusedAnswer refusal) {
        unansweredBytes.addAndGet(-bytes);
        context.metrics().answered(refusal);
        answered();
        return Mono.just(refusal);
    }

    /// Accepts no more submissions. Completes when all accepted ones are answered, which takes at
    /// most [OrderingLimits#answerMax].
    public Mono<Void> close() {
        return Mono.defer(() -> {
            closing = true;
            answered();
            return closed.asMono();
        });
    }

    private void answered() {
        if (closing && unansweredBytes.get() == 0) {
            var s = sweeper.getAndSet(null);
            if (s != null) {
                s.dispose();
            }
            closed.tryEmitEmpty();
        }
    }

    /// Removes idle groups, earlier when memory or the number of groups is near its limit, and ends
    /// calls that get no answer.
    private void sweep() {
        try {
            sweepAll();
        } catch (Throwable e) { // otherwise the scheduler would not call it again
            context.metrics().alarm(OrderingMetrics.Alarm.BUG);
        }
    }

    private void sweepAll() {
        long now = context.monotonic().nanos();
        boolean pressed =
                residentBytes.get() > context.limits().residentBytesMax()
                        || actors.mappingCount() >= context.limits().actorsMax();
        long usedBefore = pressed ? now : now - context.limits().idleAfter().toNanos();
        for (var actor : actors.values()) {
            try {
                actor.watch(now);
                if (actor.evict(usedBefore)) {
                    remove(actor);
                }
            } catch (Throwable e) { // the next sweep tries this actor again
                context.metrics().alarm(OrderingMetrics.Alarm.BUG);
                context.logThrottle()
                        .log(() -> LOG.error("group {}: a sweep failed", actor.group(), e));
            }
        }
    }

    private void remove(GroupActor actor) {
        actors.remove(actor.group(), actor);
    }

    /// The number of groups whose submissions are refused, because the store contradicts what this
    /// node has seen.
    public int frozenGroups() {
        return context.metrics().frozenGroups();
    }

    /// The number of groups held in memory.
    int actors() {
        return actors.size();
    }
}
