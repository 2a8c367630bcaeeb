package io.lockstep.ordering;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.NewGroup;
import io.lockstep.log.ReadOutcome;
import io.lockstep.ordering.OrderingMetrics.Alarm;
import io.lockstep.ordering.state.Decision;
import io.lockstep.ordering.state.Draft;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The actor of one group: takes a batch from its mailbox, decides it on the state it knows, appends what is
/// to be appended by one compare-and-append, and answers once the log says that it is durable. Mail that
/// comes meanwhile waits and becomes the next batch.
///
/// What it knows may be old: other nodes append too. An append settles that by itself; a batch with nothing
/// to append is answered only after the tail was seen to be where the state is. So no refusal rests on a
/// state that was over when its submission came.
///
/// An append of unknown outcome is neither acknowledged nor refused: the log is read on from the known state
/// and the whole batch decided again. What had been appended is then found by its resend key; what comes
/// late is refused by the compare, or found in turn.
///
/// Threads: *confined to the group's actor*: each continuation runs on the scheduler, one at a time, because
/// one batch is at work at a time and waits for one call at a time. [#offer], [#watch] and [#putAway] are
/// thread-safe.
final class GroupActor {
    private static final Logger LOG = LoggerFactory.getLogger(GroupActor.class);
    private static final long NO_TROUBLE = Long.MIN_VALUE;
    private static final int CATCH_UP_ENTRIES = 512;
    private static final int CATCH_UP_BYTES = 1 << 20;

    private final GroupId group;
    private final Desk desk;
    private final Consumer<GroupActor> retire;
    private final Mailbox mailbox;
    private final AtomicReference<@Nullable LogCall<?>> call = new AtomicReference<>();

    private Knowledge known = Knowledge.UNREAD;
    private Step step = Step.RESTING;
    private List<Mail> batch = List.of();
    // Cut off the batch to be decided after it.
    private List<Mail> held = List.of();
    // Whether `known` was the log's tail at some time after the batch was taken.
    private boolean confirmed;
    private long troubleSinceMillis = NO_TROUBLE;
    private int retries;
    private long residentBytes;

    private volatile long lastUsedMillis;
    // A frozen group keeps its evidence: it is not put away.
    private volatile boolean frozen;

    GroupActor(GroupId group, Desk desk, Consumer<GroupActor> retire) {
        this.group = group;
        this.desk = desk;
        this.retire = retire;
        this.mailbox = new Mailbox(desk.limits());
        this.lastUsedMillis = desk.clock().millis();
    }

    GroupId group() {
        return group;
    }

    Mailbox.Offer offer(Mail mail) {
        var offer = mailbox.offer(mail);
        if (offer == Mailbox.Offer.TAKEN_WAKE) {
            desk.run(this::drain);
        }
        return offer;
    }

    /// Gives up a call that has waited too long.
    void watch(long nowMillis) {
        var waiting = call.get();
        if (waiting != null
                && nowMillis - waiting.startedMillis() > desk.limits().callTimeout().toMillis()) {
            waiting.expire(new LogUnavailableException("no answer in time", group, null));
        }
    }

    /// @return whether the actor was idle since then, and takes nothing any more
    boolean putAway(long usedBeforeMillis) {
        if (frozen || lastUsedMillis > usedBeforeMillis || !mailbox.putAway("idle")) {
            return false;
        }
        // The mailbox's lock orders this after the actor's last write.
        desk.residentBytes().addAndGet(-residentBytes);
        return true;
    }

    private void drain() {
        guarded(() -> {
            batch = mailbox.take();
            confirmed = false;
            lastUsedMillis = desk.clock().millis();
            proceed();
        });
    }

    /// The next thing to do for the batch, given what is known of the group.
    private void proceed() {
        if (known instanceof Knowledge.Frozen frozenGroup) {
            recheck(frozenGroup);
        } else if (batch.getFirst().submission() instanceof Submission.Create create) {
            create(batch.getFirst(), create);
        } else {
            switch (known) {
                case Knowledge.Unread _ -> load(Optional.empty());
                case Knowledge.Read read -> decide(read.state());
                case Knowledge.Frozen f -> recheck(f);
            }
        }
    }

    // ---- making and reading the group

    private void create(Mail mail, Submission.Create create) {
        if (create.epoch() < 0) {
            answerAll(Answer.Refused.of(Code.INVALID_REQUEST, "epoch too large"));
            return;
        }
        var made = mail.newGroup(create, desk.incarnations());
        ask(
                Step.CREATING,
                "create",
                () -> desk.log().create(group, made),
                outcome -> created(mail, create, made, outcome.orElseThrow()),
                error -> {
                    mail.attempted(first(made));
                    unavailable(error, this::proceed);
                });
    }

    private LogPosition first(NewGroup made) {
        return new LogPosition(made.incarnation(), 0, GroupHead.first(group, made.incarnation()));
    }

    private void created(
            Mail mail, Submission.Create create, NewGroup made, CreateOutcome outcome) {
        switch (outcome) {
            case CreateOutcome.Created(var tail) -> {
                if (known instanceof Knowledge.Read) {
                    alarm(Alarm.VANISHED, "it had to be created again");
                }
                known =
                        new Knowledge.Read(
                                GroupState.created(group, made, tail, desk.limits().memory()));
                answer(mail, new Answer.Accepted(first(made), made.epoch(), false));
                settle();
            }
            case CreateOutcome.Existed(var tail, var creator) -> {
                if (known instanceof Knowledge.Read read && read.state().contradicts(tail)) {
                    freeze(Optional.of(read.state()), "another history was found by create");
                    return;
                }
                boolean ours = tail.last().incarnation().equals(made.incarnation());
                var there = tail.last().incarnation();
                answer(
                        mail,
                        creator.equals(create.author().member())
                                ? new Answer.Accepted(
                                        new LogPosition(there, 0, GroupHead.first(group, there)),
                                        create.epoch(),
                                        !ours)
                                : Refusals.GROUP_EXISTS);
                settle();
            }
        }
    }

    /// @param before what was known, which the snapshot must not contradict
    private void load(Optional<GroupState> before) {
        ask(
                Step.LOADING,
                "unread",
                () -> desk.log().load(group, desk.limits().memory().recentEntriesMax()),
                snapshot -> {
                    if (snapshot.isPresent()) {
                        loaded(before, snapshot.get());
                    } else if (before.isPresent()) {
                        vanished();
                    } else {
                        answerAll(Refusals.UNKNOWN_GROUP);
                    }
                },
                error -> unavailable(error, () -> load(before)));
    }

    private void loaded(Optional<GroupState> before, GroupSnapshot snapshot) {
        if (before.isPresent() && before.get().contradicts(snapshot.tail())) {
            freeze(before, "the log went back or differs");
            return;
        }
        var state = GroupState.of(group, snapshot, desk.limits().memory());
        if (state.isEmpty()) {
            freeze(before, "the snapshot contradicts itself");
            return;
        }
        known = new Knowledge.Read(state.get());
        confirmed = true;
        proceed();
    }

    /// Reads on from the known state to the log's tail.
    private void catchUp(GroupState state, String reason) {
        ask(
                Step.CATCHING_UP,
                reason,
                () ->
                        desk.log()
                                .read(
                                        group,
                                        state.place().position(),
                                        CATCH_UP_ENTRIES,
                                        CATCH_UP_BYTES),
                outcome -> {
                    switch (outcome.orElseThrow()) {
                        case ReadOutcome.Entries(var tail, var entries) ->
                                follow(state, tail, entries);
                        case ReadOutcome.Trimmed _ -> load(Optional.of(state));
                        case ReadOutcome.Missing _ -> vanished();
                    }
                },
                error -> unavailable(error, () -> catchUp(state, "retry")));
    }

    /// Applies what others appended; reads on if that does not reach the tail.
    private void follow(GroupState from, GroupTail tail, List<LogEntry> entries) {
        if (from.contradicts(tail)) {
            freeze(Optional.of(from), "the log went back or differs");
            return;
        }
        var state = from.retaining(tail.firstRetained());
        for (var entry : entries) {
            if (!state.continuesWith(entry)) {
                freeze(Optional.of(from), "entry " + entry.position() + " does not continue it");
                return;
            }
            state = state.apply(entry);
        }
        known = new Knowledge.Read(state);
        if (state.place().position() >= tail.position()) {
            confirmed = true;
            proceed();
        } else {
            catchUp(state, "more was missed");
        }
    }

    // ---- deciding and appending

    private void decide(GroupState state) {
        var submissions = batch.stream().map(Mail::keyed).toList();
        var draft = Draft.of(state, submissions, desk.clock().millis());
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
        } else if (confirmed) {
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

    private void lookUp(GroupState state) {
        var lookup = new Lookup(desk.log(), state, batch);
        desk.metrics().asked(lookup.count());
        ask(
                Step.LOOKING_UP,
                "keys beyond memory",
                lookup::ask,
                found -> {
                    found.orElseGet(List::of).forEach(f -> f.mail().told(f.earlier()));
                    proceed();
                },
                error -> unavailable(error, this::proceed));
    }

    private void append(GroupState state, Draft draft) {
        long startedNanos = System.nanoTime();
        ask(
                Step.APPENDING,
                "decided",
                () -> desk.log().append(group, state.place(), draft.entries()),
                outcome -> {
                    desk.metrics()
                            .appended(draft.entries().size(), System.nanoTime() - startedNanos);
                    appended(state, draft, outcome.orElseThrow());
                },
                error -> {
                    noteAttempts(draft);
                    unavailable(error, () -> catchUp(state, "outcome unknown"));
                });
    }

    private void appended(GroupState state, Draft draft, AppendOutcome outcome) {
        switch (outcome) {
            case AppendOutcome.Appended(var tail) -> {
                var next = draft.next().retaining(tail.firstRetained());
                known = new Knowledge.Read(next);
                confirmed = true;
                conclude(next, draft);
            }
            case AppendOutcome.Behind(var tail, var missed) -> {
                desk.metrics().behind();
                follow(state, tail, missed);
            }
            case AppendOutcome.Diverged _ ->
                    freeze(Optional.of(state), "the append found another history");
            case AppendOutcome.Missing _ -> vanished();
        }
    }

    private void noteAttempts(Draft draft) {
        for (int i = 0; i < draft.decisions().size(); i++) {
            if (draft.decisions().get(i) instanceof Decision.Append append) {
                batch.get(i).attempted(append.answer().place());
            }
        }
    }

    private void confirm(GroupState state, Draft draft) {
        ask(
                Step.CONFIRMING,
                "nothing to append",
                () -> desk.log().tail(group),
                found -> {
                    if (found.isEmpty()) {
                        vanished();
                    } else if (state.isAt(found.get())) {
                        confirmed = true;
                        conclude(state, draft);
                    } else {
                        follow(state, found.get(), List.of());
                    }
                },
                error -> unavailable(error, this::proceed));
    }

    // ---- answering

    private void conclude(GroupState settled, Draft draft) {
        var conclusion = new Conclusion(desk.log(), settled, batch, draft, this::answer);
        conclusion
                .ephemerals()
                .ifPresentOrElse(
                        relays -> relay(conclusion, relays), () -> reply(conclusion, true));
    }

    private void relay(Conclusion conclusion, Mono<Void> relays) {
        ask(
                Step.RELAYING,
                "ephemeral",
                () -> relays,
                _ -> reply(conclusion, true),
                error -> {
                    LOG.warn("group {}: ephemeral messages were not relayed", group, error);
                    reply(conclusion, false);
                });
    }

    private void reply(Conclusion conclusion, boolean relayed) {
        conclusion.answerWhatIsKnown(relayed);
        if (conclusion.isComplete()) {
            settle();
            return;
        }
        ask(
                Step.READING_MISSED,
                "refused clients missed more than memory holds",
                conclusion::readMissed,
                pages -> {
                    conclusion.answerRest(pages.orElseGet(Map::of));
                    settle();
                },
                error -> {
                    LOG.warn("group {}: what was missed could not be read", group, error);
                    conclusion.answerRest(Map.of());
                    settle();
                });
    }

    private void answer(Mail mail, Answer given) {
        if (!mail.answer(given)) {
            desk.metrics().alarm(Alarm.BUG);
            LOG.error("group {}: a submission was to be answered twice while {}", group, step);
            return;
        }
        desk.metrics().answered(given);
        desk.unansweredBytes().addAndGet(-mail.bytes());
        desk.answered().run();
    }

    private void answerAll(Answer given) {
        answerOpen(batch, given);
        answerOpen(held, given);
        held = List.of();
        settle();
    }

    /// Answers those that are not answered yet.
    private void answerOpen(List<Mail> mails, Answer given) {
        mails.stream().filter(mail -> !mail.isAnswered()).forEach(mail -> answer(mail, given));
    }

    /// The batch is answered: on to what was held back, to more mail, or to rest.
    private void settle() {
        troubleSinceMillis = NO_TROUBLE;
        retries = 0;
        if (!held.isEmpty()) {
            batch = held;
            held = List.of();
            enter(Step.RESTING, "on to what was held back");
            desk.run(() -> guarded(this::proceed));
            return;
        }
        batch = List.of();
        enter(Step.RESTING, "answered");
        boolean forget = known instanceof Knowledge.Unread;
        long bytes = known instanceof Knowledge.Read read ? read.state().approximateBytes() : 0;
        desk.residentBytes().addAndGet(bytes - residentBytes);
        residentBytes = bytes;
        // From here on another thread may be the actor.
        if (mailbox.done()) {
            desk.run(this::drain);
        } else if (forget && mailbox.putAway("nothing to remember")) {
            retire.accept(this);
        }
    }

    // ---- what goes wrong

    /// The log did not answer: try again after a pause, as long as the limits say.
    private void unavailable(Throwable error, Runnable retry) {
        long now = desk.clock().millis();
        if (troubleSinceMillis == NO_TROUBLE) {
            troubleSinceMillis = now;
            LOG.warn(
                    "group {}: the log did not answer while {}: {}", group, step, error.toString());
        }
        if (now - troubleSinceMillis >= desk.limits().unreachableAfter().toMillis()) {
            giveUp();
            return;
        }
        enter(Step.PAUSING, "the log did not answer");
        desk.runAfter(desk.pauseMillis(retries++), () -> guarded(retry));
    }

    private void giveUp() {
        alarm(Alarm.UNREACHABLE, "no answer from the log, the submissions that wait are refused");
        for (var mails : List.of(batch, held)) {
            for (var mail : mails) {
                answer(mail, mail.wasAttempted() ? Refusals.OUTCOME_UNKNOWN : Refusals.UNAVAILABLE);
            }
        }
        held = List.of();
        mailbox.takeAll().forEach(mail -> answer(mail, Refusals.UNAVAILABLE));
        settle();
    }

    private void vanished() {
        alarm(Alarm.VANISHED, "it is no longer in the log");
        known = Knowledge.UNREAD;
        answerAll(Refusals.UNKNOWN_GROUP);
    }

    private void freeze(Optional<GroupState> seen, String why) {
        alarm(Alarm.FROZEN, why);
        frozen = true;
        known =
                new Knowledge.Frozen(
                        seen, desk.clock().millis() + desk.limits().frozenRecheck().toMillis());
        answerAll(Refusals.GROUP_FROZEN);
    }

    /// Whether the log has what was seen in its history again.
    private void recheck(Knowledge.Frozen group_) {
        if (desk.clock().millis() < group_.recheckAtMillis()) {
            answerAll(Refusals.GROUP_FROZEN);
            return;
        }
        if (group_.seen().isEmpty()) {
            thaw(Knowledge.UNREAD);
            return;
        }
        var state = group_.seen().get();
        ask(
                Step.RECHECKING,
                "frozen",
                () -> desk.log().read(group, Math.max(0, state.place().position() - 1), 1, 1),
                outcome -> {
                    if (outcome.orElseThrow() instanceof ReadOutcome.Entries read
                            && holds(read, state)) {
                        thaw(new Knowledge.Read(state));
                    } else {
                        freeze(Optional.of(state), "the log still differs");
                    }
                },
                error -> unavailable(error, this::proceed));
    }

    private static boolean holds(ReadOutcome.Entries read, GroupState state) {
        return read.tail().last().incarnation().equals(state.place().incarnation())
                && (state.place().position() == 0
                        || (!read.entries().isEmpty()
                                && read.entries().getFirst().position() == state.place().position()
                                && read.entries().getFirst().head().equals(state.place().head())));
    }

    private void thaw(Knowledge next) {
        LOG.warn("group {}: the log agrees again, the group is thawed", group);
        frozen = false;
        known = next;
        proceed();
    }

    private void bug(Throwable error) {
        desk.metrics().alarm(Alarm.BUG);
        LOG.error(
                "group {}: a fault while {}; the group is read anew",
                group,
                step,
                new IllegalStateException("the actor of group " + group + " failed", error));
        if (!frozen) {
            known = Knowledge.UNREAD;
        }
        answerAll(Refusals.INTERNAL);
    }

    private void alarm(Alarm alarm, String why) {
        desk.metrics().alarm(alarm);
        LOG.error("ALARM {}: group {}, {}: {}", alarm, group, where(), why);
    }

    private String where() {
        return switch (known) {
            case Knowledge.Read(var state) -> at(state);
            case Knowledge.Frozen f -> f.seen().map(GroupActor::at).orElse("nothing seen");
            case Knowledge.Unread _ -> "not read";
        };
    }

    private static String at(GroupState state) {
        return "epoch " + state.epoch() + ", position " + state.place().position();
    }

    // ---- one call at a time

    /// Asks the log and goes on when it has answered.
    private <T> void ask(
            Step waitingIn,
            String reason,
            Supplier<Mono<T>> question,
            Consumer<Optional<T>> then,
            Consumer<Throwable> otherwise) {
        enter(waitingIn, reason);
        var asked =
                new LogCall<T>(
                        desk.clock().millis(),
                        outcome -> desk.run(() -> guarded(() -> resume(outcome, then, otherwise))));
        call.set(asked);
        try {
            question.get().subscribe(asked);
        } catch (RuntimeException e) {
            asked.onError(e);
        }
    }

    private <T> void resume(
            LogCall.Outcome<T> outcome, Consumer<Optional<T>> then, Consumer<Throwable> otherwise) {
        call.set(null);
        switch (outcome) {
            case LogCall.Outcome.Answered<T>(var value) -> then.accept(value);
            case LogCall.Outcome.Failed<T>(var error)
                    when error instanceof LogUnavailableException ->
                    otherwise.accept(error);
            case LogCall.Outcome.Failed<T>(var error) -> bug(error);
        }
    }

    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            bug(e);
        }
    }

    private void enter(Step next, String reason) {
        LOG.trace("group {}: {} -> {}: {}", group, step, next, reason);
        step = next;
    }
}
