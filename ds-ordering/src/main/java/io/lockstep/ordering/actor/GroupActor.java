package io.lockstep.ordering.actor;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CallEffect;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.GroupHead;
import io.lockstep.log.LogPosition;
import io.lockstep.log.NewGroup;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.actor.OrderingMetrics.Alarm;
import io.lockstep.ordering.state.BatchDecision;
import io.lockstep.ordering.state.BatchTroubles;
import io.lockstep.ordering.state.Decision;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.ordering.state.RosterQuery;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The actor of one group. It takes a batch from its mailbox, decides it on the state that it
/// knows, appends the resulting entries with one compare-and-append, and answers when the log
/// reports them durable. Submissions that arrive meanwhile wait and become the next batch.
///
/// The known state may be old, because other nodes append too. An append detects that by itself. A
/// batch with nothing to append is answered only after the tail was seen to match the state.
/// Therefore no refusal is based on a state that had ended before the submission arrived.
///
/// An append that the log did not execute is retried for a limited time, and then refused. An
/// append of unknown outcome is neither acknowledged nor refused: the actor reads the log from the
/// known state on and decides the whole batch again. It then finds an executed append by its resend
/// key. An append that executes late is refused by the compare, or found in the same way.
///
/// Threads: *confined to the group's actor*: each continuation runs on the scheduler, one at a
/// time, because one batch is in progress at a time and waits for one call at a time. [#offer],
/// [#wake], [#watch] and [#evict] are thread-safe.
///
/// Every submission is answered within `answerWithin`, whatever happens. Overdue submissions are
/// refused before each step, calls end at the first deadline, and an exception or `Error` ends the
/// batch and not the actor.
final class GroupActor implements GroupTracker.TrackerListener {
    private static final Logger LOG = LoggerFactory.getLogger(GroupActor.class);

    private static final RateLimitedLogger FAILURES = RateLimitedLogger.of(GroupActor.class);

    /// A submission that lost appends is not retried in the last tenth of its time.
    private static final int LAST_TRY_SHARE = 10;

    private final GroupId group;
    private final ActorContext context;
    private final Consumer<GroupActor> retire;
    private final Mailbox mailbox;
    private final LogCallRunner calls;
    private final GroupTracker tracker;
    private final RetentionTrimmer retention;
    private List<PendingSubmission> batch = List.of();
    // The rest of the current batch, to be decided after it.
    private List<PendingSubmission> held = List.of();
    private long residentBytes;
    private final Runnable drain;
    private final ContentionBackoff backoff;
    private int lostAppends;
    private volatile long lastUsedNanos;

    /// Whether the previous sweep saw submissions that no thread drains. Confined to the sweep.
    private boolean undrained;

    GroupActor(GroupId group, ActorContext context, Consumer<GroupActor> retire) {
        this.group = group;
        this.context = context;
        this.retire = retire;
        this.mailbox = new Mailbox(context.limits());
        this.calls =
                new LogCallRunner(
                        group,
                        context,
                        this::onUnreachable,
                        this::fault,
                        this::firstDeadlineNanos,
                        this);
        this.tracker = new GroupTracker(group, context, calls, this);
        this.retention = new RetentionTrimmer(context);
        this.drain = () -> calls.guarded(this::drain);
        this.backoff = new ContentionBackoff(context);
        this.lastUsedNanos = context.monotonic().nanos();
    }

    GroupId group() {
        return group;
    }

    /// @return ACCEPTED_WAKE when the caller must [#wake] the actor, immediately or after more
    ///     submissions
    Mailbox.OfferResult offer(PendingSubmission pending) {
        return mailbox.offer(pending);
    }

    void wake() {
        context.run(drain);
    }

    /// Ends calls and submissions that waited too long, and resumes lost continuations. Called by
    /// one thread at a time.
    void watch(long nowNanos) {
        calls.watch(nowNanos);
        boolean waits = mailbox.isScheduled();
        if (waits && undrained) {
            wake();
        }
        undrained = waits;
    }

    /// @return whether the actor was idle since then, and now accepts nothing any more
    boolean evict(long usedBeforeNanos) {
        if (tracker.holdsEvidence()
                || lastUsedNanos - usedBeforeNanos > 0
                || !mailbox.evict("unused")) {
            return false;
        }
        // The mailbox's lock orders this after the actor's last write.
        context.residentBytes().addAndGet(-residentBytes);
        switch (tracker.loadState()) {
            case GroupLoadState.LoadedGroup(var state) -> retention.onEviction(state);
            case GroupLoadState.FrozenGroup _ -> context.metrics().frozen(-1);
            case GroupLoadState.NotLoaded _ -> {}
        }
        return true;
    }

    /// Does nothing while a batch is in progress, or when no submission waits: a drain may be
    /// scheduled twice.
    private void drain() {
        long pause = backoff.pauseMillis();
        if (pause > 0 && mailbox.isScheduled() && context.runAfter(pause, drain)) {
            return;
        }
        var taken = mailbox.take();
        if (taken.isEmpty()) {
            return;
        }
        batch = taken;
        lostAppends = 0;
        tracker.age();
        lastUsedNanos = context.monotonic().nanos();
        continueBatch();
    }

    /// Performs the batch's next step for the known state of the group.
    @Override
    public void continueBatch() {
        if (!answerOverdue()) {
            return;
        }
        switch (tracker.loadState()) {
            case GroupLoadState.FrozenGroup frozen -> tracker.recheck(frozen);
            case GroupLoadState.NotLoaded _ when batch.getFirst().isCreate() ->
                    create(batch.getFirst());
            case GroupLoadState.LoadedGroup(var state) when batch.getFirst().isCreate() ->
                    tracker.confirmGroupExists(
                            Optional.of(state), () -> makeGroup(batch.getFirst()));
            case GroupLoadState.NotLoaded _ -> tracker.load(Optional.empty());
            case GroupLoadState.LoadedGroup(var state) -> decide(state);
        }
    }

    /// Submissions in progress arrived in order: the first has waited longest.
    private long firstDeadlineNanos() {
        return batch.isEmpty()
                ? context.monotonic().nanos() + context.limits().answerWithin().toNanos()
                : batch.getFirst().deadlineNanos();
    }

    /// Refuses overdue submissions.
    ///
    /// @return whether any of the batch is left
    @Override
    public boolean answerOverdue() {
        long now = context.monotonic().nanos();
        if (lostAppends > 0) {
            // A retry that started this much later would be cut off before its end, with an unknown
            // outcome.
            now += context.limits().answerWithin().toNanos() / LAST_TRY_SHARE;
        }
        if (!batch.getFirst().isOverdue(now)) {
            return true;
        }
        var overdue = open();
        long late = now;
        overdue.removeIf(pending -> !pending.isOverdue(late));
        overdue.addAll(mailbox.takeOverdue(now));
        context.metrics().overdue(overdue.size());
        refuse(
                overdue,
                calls.isTroubled() ? RefusedAnswers.UNAVAILABLE : RefusedAnswers.DEADLINE_EXCEEDED);
        batch = batch.stream().filter(pending -> !pending.isAnswered()).toList();
        held = held.stream().filter(pending -> !pending.isAnswered()).toList();
        if (batch.isEmpty()) {
            settle();
            return false;
        }
        return true;
    }

    // Creating the group.

    /// The log itself decides a create: only the log knows which create was first.
    private void create(PendingSubmission pending) {
        var create = (Submission.CreateSubmission) pending.submission();
        if (create.epoch() < 0) {
            refuseBatch(
                    SubmissionAnswer.RefusedAnswer.of(
                            Code.INVALID_REQUEST, "the epoch must be below 2^63"));
            return;
        }
        if (context.remembered().isRemembered(group)) {
            tracker.confirmGroupExists(Optional.empty(), () -> makeGroup(pending));
        } else {
            makeGroup(pending);
        }
    }

    private void makeGroup(PendingSubmission pending) {
        var create = (Submission.CreateSubmission) pending.submission();
        var made = pending.newGroup(create, context.incarnations());
        calls.ask(
                ActorState.CREATING,
                "create",
                () -> context.log().create(group, made),
                outcome -> created(pending, create, made, outcome.orElseThrow()),
                error -> {
                    if (error.effect() == CallEffect.UNKNOWN) {
                        pending.recordAttempt(first(made.incarnation()));
                    }
                    calls.again(error, this::continueBatch);
                });
    }

    private LogPosition first(Bytes incarnation) {
        return new LogPosition(incarnation, 0, GroupHead.first(group, incarnation));
    }

    private void created(
            PendingSubmission pending,
            Submission.CreateSubmission create,
            NewGroup made,
            CreateOutcome outcome) {
        var there = outcome.tail().last().incarnation();
        if (tracker.contradicts(outcome.tail())) {
            tracker.onContradiction(tracker.seen(), "create found another history");
            return;
        }
        switch (outcome) {
            case CreateOutcome.Created(var tail) -> {
                tracker.learn(GroupState.created(group, made, tail, context.limits().memory()));
                answer(
                        pending,
                        new SubmissionAnswer.AcceptedAnswer(first(there), made.epoch(), false));
            }
            case CreateOutcome.Existed(_, var creator)
                    when creator.equals(create.author().member()) -> {
                boolean repeat = !there.equals(made.incarnation());
                answer(
                        pending,
                        new SubmissionAnswer.AcceptedAnswer(first(there), create.epoch(), repeat));
            }
            case CreateOutcome.Existed _ -> answer(pending, RefusedAnswers.GROUP_EXISTS);
        }
        settle();
    }

    // Decision and append.

    private void decide(GroupState state) {
        var submissions = batch.stream().map(PendingSubmission::keyed).toList();
        var query = RosterQuery.of(state, submissions);
        if (!query.isEmpty()) {
            askMembers(state, query);
            return;
        }
        var batchDecision = BatchDecision.of(state, submissions, context.clock().millis());
        int decided = batchDecision.decisions().size();
        if (decided == 0) {
            lookUp(state);
            return;
        }
        if (decided < batch.size()) {
            hold(decided);
        }
        if (!batchDecision.entries().isEmpty()) {
            append(state, batchDecision);
        } else if (tracker.isConfirmed()) {
            finish(state, batchDecision);
        } else {
            confirm(state, batchDecision);
        }
    }

    private void hold(int from) {
        var rest = new ArrayList<>(batch.subList(from, batch.size()));
        rest.addAll(held);
        held = rest;
        batch = batch.subList(0, from);
    }

    /// Reads which authors of the batch are members.
    private void askMembers(GroupState state, RosterQuery query) {
        calls.ask(
                ActorState.LOOKING_UP,
                "unknown members",
                () -> MemberLookup.ask(context.log(), group, query),
                found -> {
                    var answers = found.orElseThrow();
                    tracker.learnMembers(state.withMembers(answers.members(), answers.owners()));
                    continueBatch();
                },
                error -> calls.again(error, this::continueBatch));
    }

    private void lookUp(GroupState state) {
        var lookup = new ResendLookup(context.log(), state, batch);
        context.metrics().asked(lookup.count());
        calls.ask(
                ActorState.LOOKING_UP,
                "resend keys not in memory",
                lookup::ask,
                found -> {
                    if (lookup.foundBroken()) {
                        tracker.freeze(Optional.of(state), "an entry differs from the known one");
                        return;
                    }
                    found.orElseGet(List::of)
                            .forEach(f -> f.pending().recordDuplicateCheck(f.duplicate()));
                    continueBatch();
                },
                error -> calls.again(error, this::continueBatch));
    }

    private void append(GroupState state, BatchDecision batchDecision) {
        long startedNanos = context.monotonic().nanos();
        calls.ask(
                ActorState.APPENDING,
                "decided",
                () -> context.log().append(group, state.logPosition(), batchDecision.entries()),
                outcome -> {
                    context.metrics()
                            .appended(
                                    batchDecision.entries(),
                                    context.monotonic().nanos() - startedNanos);
                    appended(state, batchDecision, outcome.orElseThrow());
                },
                error -> {
                    switch (error.effect()) {
                        case NOT_EXECUTED -> calls.again(error, this::continueBatch);
                        case UNKNOWN -> {
                            recordAttempts(batchDecision);
                            calls.again(error, () -> tracker.catchUp(state, "outcome unknown"));
                        }
                    }
                });
    }

    private void appended(GroupState state, BatchDecision batchDecision, AppendOutcome outcome) {
        switch (outcome) {
            case AppendOutcome.Succeeded(var tail, var contended) -> {
                // If only this node lost an append, its own loss may be the whole contention that
                // the log reports.
                backoff.appended(contended && lostAppends == 0);
                context.metrics().durable(batchDecision.entries());
                noteTroubles(state, batchDecision);
                var next = batchDecision.next().retaining(tail.firstRetained());
                tracker.learn(next);
                finish(next, batchDecision);
            }
            case AppendOutcome.TailMismatch(var tail, var missed) -> {
                context.metrics().behind();
                long pause = backoff.retryPauseMillis(++lostAppends);
                if (pause == 0) {
                    tracker.follow(state, tail, missed);
                } else {
                    calls.pause(
                            pause,
                            "another node appended first",
                            () -> tracker.catchUp(state, "another node appended first"));
                }
            }
            case AppendOutcome.BlobsMissing(var sha256s) -> blobsMissing(sha256s);
            case AppendOutcome.RosterFull(var position) -> rosterFull(batchDecision, position);
            case AppendOutcome.LogFull _ -> {
                batch.forEach(pending -> pending.refusedByLog(Code.GROUP_LOG_FULL));
                retention.onIdle(state, true);
                continueBatch();
            }
            case AppendOutcome.Diverged _ ->
                    tracker.onContradiction(Optional.of(state), "the append found another history");
            case AppendOutcome.GroupMissing _ -> tracker.onMissing();
        }
    }

    /// Nobody waits for the register: what is lost there is seen with the next trouble.
    private void noteTroubles(GroupState before, BatchDecision batchDecision) {
        var submissions = batch.stream().map(PendingSubmission::keyed).toList();
        var troubles = BatchTroubles.of(before, submissions, batchDecision);
        if (!troubles.isEmpty()) {
            var _ =
                    FaultBarrier.answer(() -> context.log().noteTroubles(group, troubles))
                            .subscribe(
                                    _ -> {},
                                    e ->
                                            LOG.debug(
                                                    "group {}: troubles are not registered: {}",
                                                    group,
                                                    e.toString()));
        }
    }

    /// Refuses the submissions that refer to missing blobs. The others of the batch are decided
    /// again.
    private void blobsMissing(Set<Bytes> sha256s) {
        boolean found = false;
        for (var pending : batch) {
            boolean refers =
                    pending.submission().references().stream()
                            .anyMatch(reference -> sha256s.contains(reference.sha256()));
            if (refers && pending.keyed().logRefusal().isEmpty()) {
                pending.refusedByLog(Code.UNKNOWN_REFERENCE);
                found = true;
            }
        }
        if (!found) {
            throw new IllegalStateException(
                    "the log reports missing blobs that no submission refers to");
        }
        continueBatch();
    }

    /// Refuses the commit. The others of the batch are decided again.
    private void rosterFull(BatchDecision batchDecision, long position) {
        for (int i = 0; i < batchDecision.decisions().size(); i++) {
            if (batchDecision.decisions().get(i) instanceof Decision.Append append
                    && append.entry().entry().position() == position) {
                batch.get(i).refusedByLog(Code.GROUP_FULL);
                continueBatch();
                return;
            }
        }
        throw new IllegalStateException(
                "the log reports a full roster for an entry that was not appended");
    }

    private void recordAttempts(BatchDecision batchDecision) {
        for (int i = 0; i < batchDecision.decisions().size(); i++) {
            if (batchDecision.decisions().get(i) instanceof Decision.Append append) {
                batch.get(i).recordAttempt(append.answer().logPosition());
            }
        }
    }

    private void confirm(GroupState state, BatchDecision batchDecision) {
        calls.ask(
                ActorState.CONFIRMING,
                "nothing to append",
                () -> context.log().tail(group),
                found -> {
                    if (found.isEmpty()) {
                        tracker.onMissing();
                    } else if (state.isAt(found.get())) {
                        tracker.learn(state);
                        finish(state, batchDecision);
                    } else {
                        tracker.follow(state, found.get(), List.of());
                    }
                },
                error -> calls.again(error, this::continueBatch));
    }

    // Answers.

    private void finish(GroupState settled, BatchDecision batchDecision) {
        var replies = new BatchReplies(context.log(), settled, batch, batchDecision, this::answer);
        replies.ephemerals()
                .ifPresentOrElse(relays -> relay(replies, relays), () -> reply(replies, true));
    }

    private void relay(BatchReplies replies, Mono<Void> relays) {
        calls.ask(
                ActorState.RELAYING,
                "ephemeral",
                () -> relays,
                _ -> reply(replies, true),
                error -> {
                    FAILURES.warn(
                            "group {}: ephemeral messages were not relayed: {}",
                            group,
                            error.toString());
                    reply(replies, false);
                });
    }

    private void reply(BatchReplies replies, boolean relayed) {
        replies.sendKnown(relayed);
        if (replies.isComplete()) {
            settle();
            return;
        }
        calls.ask(
                ActorState.READING_MISSED,
                "missed entries not in memory",
                replies::readMissed,
                pages -> {
                    replies.sendRemaining(pages.orElseGet(Map::of));
                    if (replies.foundBroken()) {
                        tracker.freeze(
                                tracker.seen(), "missed entries are not of the group's history");
                    } else {
                        settle();
                    }
                },
                error -> {
                    FAILURES.warn(
                            "group {}: missed entries could not be read: {}",
                            group,
                            error.toString());
                    replies.sendRemaining(Map.of());
                    settle();
                });
    }

    private void answer(PendingSubmission pending, SubmissionAnswer given) {
        if (!pending.answer(given)) {
            context.metrics().alarm(Alarm.BUG);
            LOG.error(
                    "group {}: a second answer to a submission was dropped while {}",
                    group,
                    calls.step());
            return;
        }
        context.unansweredBytes().addAndGet(-pending.bytes());
        context.metrics().answered(given);
        context.answered().run();
    }

    @Override
    public void refuseBatch(SubmissionAnswer.RefusedAnswer why) {
        refuse(open(), why);
        held = List.of();
        settle();
    }

    /// A submission that may be in the log is not refused: a refusal promises that it is not there
    /// (I3). The same holds for the same bytes in another submission.
    private void refuse(List<PendingSubmission> toRefuse, SubmissionAnswer.RefusedAnswer why) {
        var uncertain = new HashSet<Bytes>();
        for (var pending : open()) {
            if (pending.mayBeInLog() && !pending.keyed().key().isEmpty()) {
                uncertain.add(pending.keyed().key());
            }
        }
        for (var pending : toRefuse) {
            boolean unknown = pending.mayBeInLog() || uncertain.contains(pending.keyed().key());
            answer(pending, unknown ? RefusedAnswers.OUTCOME_UNKNOWN : why);
        }
        for (var pending : open()) {
            if (uncertain.contains(pending.keyed().key())) {
                pending.sameBytesAttempted();
            }
        }
    }

    @Override
    public boolean isUncertain() {
        return open().stream().anyMatch(PendingSubmission::mayBeInLog);
    }

    private List<PendingSubmission> open() {
        var open = new ArrayList<>(batch);
        open.addAll(held);
        open.removeIf(PendingSubmission::isAnswered);
        return open;
    }

    /// The batch is answered. The actor continues with the held-back rest, with more submissions,
    /// or rests.
    private void settle() {
        calls.calm();
        if (!held.isEmpty()) {
            batch = held;
            held = List.of();
            calls.enter(ActorState.IDLE, "continue with the held-back rest");
            calls.run(this::continueBatch);
            return;
        }
        batch = List.of();
        calls.enter(ActorState.IDLE, "answered");
        boolean forget = tracker.loadState() instanceof GroupLoadState.NotLoaded;
        long bytes = 0;
        if (tracker.loadState() instanceof GroupLoadState.LoadedGroup(var state)) {
            bytes = state.approximateBytes();
            retention.onIdle(state, false);
        }
        context.residentBytes().addAndGet(bytes - residentBytes);
        residentBytes = bytes;
        // From here on another thread may run the actor.
        if (mailbox.done()) {
            context.run(drain);
        } else if (forget && mailbox.evict("nothing to remember")) {
            retire.accept(this);
        }
    }

    /// The log was unavailable for too long. Submissions behind the batch were certainly not tried.
    private void onUnreachable() {
        tracker.alarm(
                Alarm.UNREACHABLE,
                "the log is unavailable or full; waiting submissions are refused");
        refuseEverything(RefusedAnswers.UNAVAILABLE);
    }

    private void refuseEverything(SubmissionAnswer.RefusedAnswer why) {
        var all = open();
        all.addAll(mailbox.takeAll());
        refuse(all, why);
        held = List.of();
        settle();
    }

    /// Handles any exception. It answers the batch in progress. If no batch was taken yet, it
    /// answers all waiting submissions; otherwise the same exception would be thrown again for
    /// ever.
    private void fault(Throwable error) {
        context.metrics().alarm(Alarm.BUG);
        context.logThrottle()
                .log(() ->
                        LOG.error(
                                "the group is read again",
                                new IllegalStateException(
                                        "the actor of group "
                                                + group
                                                + " failed while "
                                                + calls.step(),
                                        error)));
        tracker.discardState();
        if (open().isEmpty()) {
            refuseEverything(RefusedAnswers.INTERNAL);
        } else {
            refuseBatch(RefusedAnswers.INTERNAL);
        }
    }
}
