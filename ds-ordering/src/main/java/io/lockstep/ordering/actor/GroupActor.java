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
import io.lockstep.ordering.state.Decision;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.ordering.state.RosterQuery;
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
/// reports them durable. Mail that arrives meanwhile waits and becomes the next batch.
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
/// [#wake], [#watch] and [#putAway] are thread-safe.
///
/// Every submission is answered within `answerWithin`, whatever happens. Overdue submissions are
/// refused before each step, calls end at the first deadline, and an exception or `Error` ends the
/// batch and not the actor.
final class GroupActor implements GroupTracker.TrackerListener {
    private static final Logger LOG = LoggerFactory.getLogger(GroupActor.class);

    private static final RateLimitedLogger TROUBLE = RateLimitedLogger.of(GroupActor.class);

    /// A submission that lost appends is not retried in the last tenth of its time.
    private static final int LAST_TRY_SHARE = 10;

    private final GroupId group;
    private final ActorContext desk;
    private final Consumer<GroupActor> retire;
    private final Mailbox mailbox;
    private final LogCallRunner calls;
    private final GroupTracker view;
    private final RetentionTrimmer retention;
    private List<PendingSubmission> batch = List.of();
    // The rest of the current batch, to be decided after it.
    private List<PendingSubmission> held = List.of();
    private long residentBytes;
    private final Runnable drain;
    private final ContentionBackoff turns;
    private int lostAppends;
    private volatile long lastUsedNanos;

    /// Whether the previous sweep saw mail that no thread drains. Confined to the sweep.
    private boolean undrained;

    GroupActor(GroupId group, ActorContext desk, Consumer<GroupActor> retire) {
        this.group = group;
        this.desk = desk;
        this.retire = retire;
        this.mailbox = new Mailbox(desk.limits());
        this.calls =
                new LogCallRunner(
                        group, desk, this::giveUp, this::fault, this::firstDeadlineNanos, this);
        this.view = new GroupTracker(group, desk, calls, this);
        this.retention = new RetentionTrimmer(desk);
        this.drain = () -> calls.guarded(this::drain);
        this.turns = new ContentionBackoff(desk);
        this.lastUsedNanos = desk.monotonic().nanos();
    }

    GroupId group() {
        return group;
    }

    /// @return TAKEN_WAKE when the caller must [#wake] the actor, immediately or after more mail
    Mailbox.OfferResult offer(PendingSubmission mail) {
        return mailbox.offer(mail);
    }

    void wake() {
        desk.run(drain);
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
    boolean putAway(long usedBeforeNanos) {
        if (view.holdsEvidence()
                || lastUsedNanos - usedBeforeNanos > 0
                || !mailbox.putAway("unused")) {
            return false;
        }
        // The mailbox's lock orders this after the actor's last write.
        desk.residentBytes().addAndGet(-residentBytes);
        switch (view.known()) {
            case GroupLoadState.LoadedGroup(var state) -> retention.leaving(state);
            case GroupLoadState.FrozenGroup _ -> desk.metrics().frozen(-1);
            case GroupLoadState.NotLoaded _ -> {}
        }
        return true;
    }

    /// Does nothing while a batch is in progress, or when there is no mail: a drain may be
    /// scheduled twice.
    private void drain() {
        long pause = turns.pauseMillis();
        if (pause > 0 && mailbox.isScheduled() && desk.runAfter(pause, drain)) {
            return;
        }
        var taken = mailbox.take();
        if (taken.isEmpty()) {
            return;
        }
        batch = taken;
        lostAppends = 0;
        view.age();
        lastUsedNanos = desk.monotonic().nanos();
        proceed();
    }

    /// Performs the batch's next step for the known state of the group.
    @Override
    public void proceed() {
        if (!answerOverdue()) {
            return;
        }
        switch (view.known()) {
            case GroupLoadState.FrozenGroup frozen -> view.recheck(frozen);
            case GroupLoadState.NotLoaded _ when batch.getFirst().isCreate() ->
                    create(batch.getFirst());
            case GroupLoadState.LoadedGroup(var state) when batch.getFirst().isCreate() ->
                    view.confirmThere(Optional.of(state), () -> makeGroup(batch.getFirst()));
            case GroupLoadState.NotLoaded _ -> view.load(Optional.empty());
            case GroupLoadState.LoadedGroup(var state) -> decide(state);
        }
    }

    /// Submissions in progress arrived in order: the first has waited longest.
    private long firstDeadlineNanos() {
        return batch.isEmpty()
                ? desk.monotonic().nanos() + desk.limits().answerWithin().toNanos()
                : batch.getFirst().deadlineNanos();
    }

    /// Refuses overdue submissions.
    ///
    /// @return whether any of the batch is left
    @Override
    public boolean answerOverdue() {
        long now = desk.monotonic().nanos();
        if (lostAppends > 0) {
            // A retry that started this much later would be cut off before its end, with an unknown
            // outcome.
            now += desk.limits().answerWithin().toNanos() / LAST_TRY_SHARE;
        }
        if (!batch.getFirst().isOverdue(now)) {
            return true;
        }
        var overdue = open();
        long late = now;
        overdue.removeIf(mail -> !mail.isOverdue(late));
        overdue.addAll(mailbox.takeOverdue(now));
        desk.metrics().overdue(overdue.size());
        refuse(overdue, calls.isTroubled() ? RefusedAnswers.UNAVAILABLE : RefusedAnswers.TOO_LATE);
        batch = batch.stream().filter(mail -> !mail.isAnswered()).toList();
        held = held.stream().filter(mail -> !mail.isAnswered()).toList();
        if (batch.isEmpty()) {
            settle();
            return false;
        }
        return true;
    }

    // Creating the group.

    /// The log itself decides a create: only the log knows which create was first.
    private void create(PendingSubmission mail) {
        var create = (Submission.CreateSubmission) mail.submission();
        if (create.epoch() < 0) {
            refuseAll(
                    SubmissionAnswer.RefusedAnswer.of(
                            Code.INVALID_REQUEST, "the epoch must be below 2^63"));
            return;
        }
        if (desk.remembered().isRemembered(group)) {
            view.confirmThere(Optional.empty(), () -> makeGroup(mail));
        } else {
            makeGroup(mail);
        }
    }

    private void makeGroup(PendingSubmission mail) {
        var create = (Submission.CreateSubmission) mail.submission();
        var made = mail.newGroup(create, desk.incarnations());
        calls.ask(
                ActorState.CREATING,
                "create",
                () -> desk.log().create(group, made),
                outcome -> created(mail, create, made, outcome.orElseThrow()),
                error -> {
                    if (error.effect() == CallEffect.UNKNOWN) {
                        mail.attempted(first(made.incarnation()));
                    }
                    calls.again(error, this::proceed);
                });
    }

    private LogPosition first(Bytes incarnation) {
        return new LogPosition(incarnation, 0, GroupHead.first(group, incarnation));
    }

    private void created(
            PendingSubmission mail,
            Submission.CreateSubmission create,
            NewGroup made,
            CreateOutcome outcome) {
        var there = outcome.tail().last().incarnation();
        if (view.contradicts(outcome.tail())) {
            view.freeze(view.seen(), "create found another history");
            return;
        }
        switch (outcome) {
            case CreateOutcome.Created(var tail) -> {
                view.learn(GroupState.created(group, made, tail, desk.limits().memory()));
                answer(
                        mail,
                        new SubmissionAnswer.AcceptedAnswer(first(there), made.epoch(), false));
            }
            case CreateOutcome.Existed(_, var creator)
                    when creator.equals(create.author().member()) -> {
                boolean repeat = !there.equals(made.incarnation());
                answer(
                        mail,
                        new SubmissionAnswer.AcceptedAnswer(first(there), create.epoch(), repeat));
            }
            case CreateOutcome.Existed _ -> answer(mail, RefusedAnswers.GROUP_EXISTS);
        }
        settle();
    }

    // Decision and append.

    private void decide(GroupState state) {
        var submissions = batch.stream().map(PendingSubmission::keyed).toList();
        var questions = RosterQuery.of(state, submissions);
        if (!questions.isEmpty()) {
            askMembers(state, questions);
            return;
        }
        var draft = BatchDecision.of(state, submissions, desk.clock().millis());
        int decided = draft.decisions().size();
        if (decided == 0) {
            lookUp(state);
            return;
        }
        if (decided < batch.size()) {
            hold(decided);
        }
        if (!draft.entries().isEmpty()) {
            append(state, draft);
        } else if (view.isConfirmed()) {
            conclude(state, draft);
        } else {
            confirm(state, draft);
        }
    }

    private void hold(int from) {
        var rest = new ArrayList<>(batch.subList(from, batch.size()));
        rest.addAll(held);
        held = rest;
        batch = batch.subList(0, from);
    }

    /// Reads which authors of the batch are members.
    private void askMembers(GroupState state, RosterQuery questions) {
        calls.ask(
                ActorState.LOOKING_UP,
                "unknown members",
                () -> MemberLookup.ask(desk.log(), group, questions),
                found -> {
                    var answers = found.orElseThrow();
                    view.knowing(state.knowing(answers.members(), answers.owners()));
                    proceed();
                },
                error -> calls.again(error, this::proceed));
    }

    private void lookUp(GroupState state) {
        var lookup = new ResendLookup(desk.log(), state, batch);
        desk.metrics().asked(lookup.count());
        calls.ask(
                ActorState.LOOKING_UP,
                "resend keys not in memory",
                lookup::ask,
                found -> {
                    if (lookup.foundBroken()) {
                        view.freeze(Optional.of(state), "an entry differs from the known one");
                        return;
                    }
                    found.orElseGet(List::of).forEach(f -> f.mail().told(f.earlier()));
                    proceed();
                },
                error -> calls.again(error, this::proceed));
    }

    private void append(GroupState state, BatchDecision draft) {
        long startedNanos = desk.monotonic().nanos();
        calls.ask(
                ActorState.APPENDING,
                "decided",
                () -> desk.log().append(group, state.place(), draft.entries()),
                outcome -> {
                    desk.metrics()
                            .appended(
                                    draft.entries().size(),
                                    desk.monotonic().nanos() - startedNanos);
                    appended(state, draft, outcome.orElseThrow());
                },
                error -> {
                    switch (error.effect()) {
                        case NOT_EXECUTED -> calls.again(error, this::proceed);
                        case UNKNOWN -> {
                            noteAttempts(draft);
                            calls.again(error, () -> view.catchUp(state, "outcome unknown"));
                        }
                    }
                });
    }

    private void appended(GroupState state, BatchDecision draft, AppendOutcome outcome) {
        switch (outcome) {
            case AppendOutcome.Succeeded(var tail, var contended) -> {
                // If only this node lost an append, its own loss may be the whole contention that
                // the log reports.
                turns.appended(contended && lostAppends == 0);
                var next = draft.next().retaining(tail.firstRetained());
                view.learn(next);
                conclude(next, draft);
            }
            case AppendOutcome.TailMismatch(var tail, var missed) -> {
                desk.metrics().behind();
                long pause = turns.afterLostAppends(++lostAppends);
                if (pause == 0) {
                    view.follow(state, tail, missed);
                } else {
                    calls.pause(
                            pause,
                            "another node appended first",
                            () -> view.catchUp(state, "another node appended first"));
                }
            }
            case AppendOutcome.BlobsMissing(var sha256s) -> blobsMissing(sha256s);
            case AppendOutcome.RosterFull(var position) -> rosterFull(draft, position);
            case AppendOutcome.LogFull _ -> {
                batch.forEach(mail -> mail.hindered(Code.GROUP_LOG_FULL));
                retention.rested(state, true);
                proceed();
            }
            case AppendOutcome.Diverged _ ->
                    view.freeze(Optional.of(state), "the append found another history");
            case AppendOutcome.GroupMissing _ -> view.vanished();
        }
    }

    /// Refuses the submissions that refer to missing blobs. The others of the batch are decided
    /// again.
    private void blobsMissing(Set<Bytes> sha256s) {
        boolean found = false;
        for (var mail : batch) {
            boolean refers =
                    mail.submission().references().stream()
                            .anyMatch(reference -> sha256s.contains(reference.sha256()));
            if (refers && mail.keyed().obstacle().isEmpty()) {
                mail.hindered(Code.UNKNOWN_REFERENCE);
                found = true;
            }
        }
        if (!found) {
            throw new IllegalStateException(
                    "the log reports missing blobs that no submission refers to");
        }
        proceed();
    }

    /// Refuses the commit. The others of the batch are decided again.
    private void rosterFull(BatchDecision draft, long position) {
        for (int i = 0; i < draft.decisions().size(); i++) {
            if (draft.decisions().get(i) instanceof Decision.Append append
                    && append.entry().entry().position() == position) {
                batch.get(i).hindered(Code.GROUP_FULL);
                proceed();
                return;
            }
        }
        throw new IllegalStateException(
                "the log reports a full roster for an entry that was not appended");
    }

    private void noteAttempts(BatchDecision draft) {
        for (int i = 0; i < draft.decisions().size(); i++) {
            if (draft.decisions().get(i) instanceof Decision.Append append) {
                batch.get(i).attempted(append.answer().place());
            }
        }
    }

    private void confirm(GroupState state, BatchDecision draft) {
        calls.ask(
                ActorState.CONFIRMING,
                "nothing to append",
                () -> desk.log().tail(group),
                found -> {
                    if (found.isEmpty()) {
                        view.vanished();
                    } else if (state.isAt(found.get())) {
                        view.learn(state);
                        conclude(state, draft);
                    } else {
                        view.follow(state, found.get(), List.of());
                    }
                },
                error -> calls.again(error, this::proceed));
    }

    // Answers.

    private void conclude(GroupState settled, BatchDecision draft) {
        var conclusion = new BatchReplies(desk.log(), settled, batch, draft, this::answer);
        conclusion
                .ephemerals()
                .ifPresentOrElse(
                        relays -> relay(conclusion, relays), () -> reply(conclusion, true));
    }

    private void relay(BatchReplies conclusion, Mono<Void> relays) {
        calls.ask(
                ActorState.RELAYING,
                "ephemeral",
                () -> relays,
                _ -> reply(conclusion, true),
                error -> {
                    TROUBLE.warn(
                            "group {}: ephemeral messages were not relayed: {}",
                            group,
                            error.toString());
                    reply(conclusion, false);
                });
    }

    private void reply(BatchReplies conclusion, boolean relayed) {
        conclusion.answerWhatIsKnown(relayed);
        if (conclusion.isComplete()) {
            settle();
            return;
        }
        calls.ask(
                ActorState.READING_MISSED,
                "missed entries not in memory",
                conclusion::readMissed,
                pages -> {
                    conclusion.answerRest(pages.orElseGet(Map::of));
                    if (conclusion.foundBroken()) {
                        view.freeze(view.seen(), "missed entries are not of the group's history");
                    } else {
                        settle();
                    }
                },
                error -> {
                    TROUBLE.warn(
                            "group {}: missed entries could not be read: {}",
                            group,
                            error.toString());
                    conclusion.answerRest(Map.of());
                    settle();
                });
    }

    private void answer(PendingSubmission mail, SubmissionAnswer given) {
        if (!mail.answer(given)) {
            desk.metrics().alarm(Alarm.BUG);
            LOG.error(
                    "group {}: a second answer to a submission was dropped while {}",
                    group,
                    calls.step());
            return;
        }
        desk.unansweredBytes().addAndGet(-mail.bytes());
        desk.metrics().answered(given);
        desk.answered().run();
    }

    @Override
    public void refuseAll(SubmissionAnswer.RefusedAnswer why) {
        refuse(open(), why);
        held = List.of();
        settle();
    }

    /// A submission that may be in the log is not refused: a refusal promises that it is not there
    /// (I3). The same holds for the same bytes in another submission.
    private void refuse(List<PendingSubmission> mails, SubmissionAnswer.RefusedAnswer why) {
        var uncertain = new HashSet<Bytes>();
        for (var mail : open()) {
            if (mail.mayBeInLog() && !mail.keyed().key().isEmpty()) {
                uncertain.add(mail.keyed().key());
            }
        }
        for (var mail : mails) {
            boolean unknown = mail.mayBeInLog() || uncertain.contains(mail.keyed().key());
            answer(mail, unknown ? RefusedAnswers.OUTCOME_UNKNOWN : why);
        }
        for (var mail : open()) {
            if (uncertain.contains(mail.keyed().key())) {
                mail.sameBytesAttempted();
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

    /// The batch is answered. The actor continues with the held-back rest, with more mail, or
    /// rests.
    private void settle() {
        calls.calm();
        if (!held.isEmpty()) {
            batch = held;
            held = List.of();
            calls.enter(ActorState.RESTING, "continue with the held-back rest");
            calls.run(this::proceed);
            return;
        }
        batch = List.of();
        calls.enter(ActorState.RESTING, "answered");
        boolean forget = view.known() instanceof GroupLoadState.NotLoaded;
        long bytes = 0;
        if (view.known() instanceof GroupLoadState.LoadedGroup(var state)) {
            bytes = state.approximateBytes();
            retention.rested(state, false);
        }
        desk.residentBytes().addAndGet(bytes - residentBytes);
        residentBytes = bytes;
        // From here on another thread may run the actor.
        if (mailbox.done()) {
            desk.run(drain);
        } else if (forget && mailbox.putAway("nothing to remember")) {
            retire.accept(this);
        }
    }

    /// The log was unavailable for too long. Mail behind the batch was certainly not tried.
    private void giveUp() {
        view.alarm(
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
    /// answers all waiting mail; otherwise the same exception would be thrown again for ever.
    private void fault(Throwable error) {
        desk.metrics().alarm(Alarm.BUG);
        desk.troubleLog()
                .say(() ->
                        LOG.error(
                                "the group is read again",
                                new IllegalStateException(
                                        "the actor of group "
                                                + group
                                                + " failed while "
                                                + calls.step(),
                                        error)));
        view.forget();
        if (open().isEmpty()) {
            refuseEverything(RefusedAnswers.INTERNAL);
        } else {
            refuseAll(RefusedAnswers.INTERNAL);
        }
    }
}
