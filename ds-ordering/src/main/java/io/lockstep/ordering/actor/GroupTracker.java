package io.lockstep.ordering.actor;

import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.actor.OrderingMetrics.Alarm;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An actor's view of its group. It reads the group, follows the appends of other nodes, and
/// freezes the group when the store contradicts what was seen: a frozen group can be repaired, a
/// forked one cannot.
///
/// A store without a group that this node remembers also counts as another history, unless the
/// group was deleted.
///
/// Confined to the group's actor, except [#holdsEvidence], which is thread-safe.
final class GroupTracker {
    private static final Logger LOG = LoggerFactory.getLogger(GroupTracker.class);
    private static final int CATCH_UP_ENTRIES = 512;
    private static final int CATCH_UP_BYTES = 1 << 20;

    /// The user of this view.
    interface TrackerListener extends LogCallRunner.PendingBatch {
        /// The view has new knowledge; continue with the batch.
        void continueBatch();

        /// Nothing in the batch can be decided.
        void refuseBatch(SubmissionAnswer.RefusedAnswer why);
    }

    private final GroupId group;
    private final ActorContext context;
    private final LogCallRunner calls;
    private final TrackerListener listener;
    private GroupLoadState loadState = GroupLoadState.UNREAD;
    // Whether `loadState` was the log's tail at some time after the batch was taken.
    private boolean confirmed;
    private volatile boolean evidence;

    GroupTracker(
            GroupId group, ActorContext context, LogCallRunner calls, TrackerListener listener) {
        this.group = group;
        this.context = context;
        this.calls = calls;
        this.listener = listener;
    }

    GroupLoadState loadState() {
        return loadState;
    }

    boolean isConfirmed() {
        return confirmed;
    }

    /// A frozen group keeps its evidence, so its actor must not be removed.
    boolean holdsEvidence() {
        return evidence;
    }

    /// The group's last state that was known to be durable.
    Optional<GroupState> seen() {
        return switch (loadState) {
            case GroupLoadState.LoadedGroup(var state) -> Optional.of(state);
            case GroupLoadState.FrozenGroup(var state, _) -> state;
            case GroupLoadState.NotLoaded _ -> Optional.empty();
        };
    }

    /// Whether a log with this tail has another history than this node has seen.
    boolean contradicts(GroupTail tail) {
        return seen().map(state -> state.contradicts(tail)).orElse(false)
                || context.remembered().contradicts(group, tail.last().incarnation());
    }

    /// A new batch begins: the known state may be old by now.
    void age() {
        confirmed = false;
    }

    /// The log returned this state as its end.
    void learn(GroupState state) {
        if (loadState instanceof GroupLoadState.NotLoaded) {
            context.remembered().seen(group, state.logPosition().incarnation());
        }
        become(new GroupLoadState.LoadedGroup(state));
        confirmed = true;
    }

    /// The same state, with more of its roster known.
    void learnMembers(GroupState state) {
        become(new GroupLoadState.LoadedGroup(state));
    }

    /// The only method that changes the known state.
    private void become(GroupLoadState next) {
        boolean frozen = next instanceof GroupLoadState.FrozenGroup;
        if (frozen != loadState instanceof GroupLoadState.FrozenGroup) {
            context.metrics().frozen(frozen ? 1 : -1);
        }
        loadState = next;
    }

    /// Discards the state, so that it is read again. The evidence of a frozen group is kept.
    void discardState() {
        if (!(loadState instanceof GroupLoadState.FrozenGroup)) {
            become(GroupLoadState.UNREAD);
        }
    }

    /// @param before the previously known state, which the snapshot must not contradict
    void load(Optional<GroupState> before) {
        if (!listener.answerOverdue()) {
            return;
        }
        calls.ask(
                ActorState.LOADING,
                "unread",
                () -> context.log().load(group, context.limits().memory().recentEntriesMax()),
                snapshot -> {
                    if (snapshot.isPresent()) {
                        loaded(before, snapshot.get());
                    } else if (before.isPresent() || context.remembered().isRemembered(group)) {
                        onMissing();
                    } else {
                        listener.refuseBatch(RefusedAnswers.UNKNOWN_GROUP);
                    }
                },
                error -> calls.again(error, () -> load(before)));
    }

    private void loaded(Optional<GroupState> before, GroupSnapshot snapshot) {
        boolean differs = before.isPresent() && before.get().contradicts(snapshot.tail());
        if (differs || contradicts(snapshot.tail())) {
            onContradiction(before.or(this::seen), "the log went back or differs");
            return;
        }
        var state = GroupState.of(group, snapshot, context.limits().memory());
        if (state.isEmpty()) {
            freeze(before, "the snapshot contradicts itself");
            return;
        }
        learn(state.get());
        listener.continueBatch();
    }

    /// Reads from the known state to the log's tail.
    void catchUp(GroupState state, String reason) {
        if (!listener.answerOverdue()) {
            return;
        }
        calls.ask(
                ActorState.CATCHING_UP,
                reason,
                () ->
                        context.log()
                                .read(
                                        group,
                                        state.logPosition().position(),
                                        CATCH_UP_ENTRIES,
                                        CATCH_UP_BYTES),
                outcome -> {
                    switch (outcome.orElseThrow()) {
                        case ReadOutcome.Entries(var tail, var entries) ->
                                follow(state, tail, entries);
                        case ReadOutcome.Trimmed _ -> load(Optional.of(state));
                        case ReadOutcome.LogMissing _ -> onMissing();
                    }
                },
                error -> calls.again(error, () -> catchUp(state, "retry")));
    }

    /// Applies the entries that others appended. Reads on if they do not reach the tail.
    void follow(GroupState from, GroupTail tail, List<LogEntry> entries) {
        if (from.contradicts(tail)) {
            onContradiction(Optional.of(from), "the log went back or differs");
            return;
        }
        var state = from.retaining(tail.firstRetained());
        for (var entry : entries) {
            if (!state.continuesWith(entry)) {
                freeze(
                        Optional.of(from),
                        "entry " + entry.position() + " does not continue the known state");
                return;
            }
            state = state.apply(entry);
        }
        if (state.logPosition().position() >= tail.position()) {
            learn(state);
            listener.continueBatch();
        } else {
            become(new GroupLoadState.LoadedGroup(state));
            catchUp(state, "more entries");
        }
    }

    /// Checks whether the log still has the group before a create is attempted.
    void confirmGroupExists(Optional<GroupState> seen, Runnable then) {
        calls.ask(
                ActorState.CONFIRMING,
                "create of a remembered group",
                () -> context.log().tail(group),
                found -> {
                    if (found.isEmpty()) {
                        onMissing();
                    } else if (contradicts(found.get())) {
                        onContradiction(seen, "the log holds another history");
                    } else {
                        then.run();
                    }
                },
                error -> calls.again(error, listener::continueBatch));
    }

    /// This node remembers the group, but the store does not have it: it was deleted, or lost.
    void onMissing() {
        unlessDeleted(
                seen(),
                () -> {
                    if (!(loadState instanceof GroupLoadState.FrozenGroup)) {
                        alarm(Alarm.VANISHED, "the group is no longer in the log");
                    }
                    freeze(seen(), "the group is no longer in the log");
                });
    }

    /// The store holds another history than this node remembers: that of a group that was created
    /// after the remembered one was deleted, or a wrong one.
    void onContradiction(Optional<GroupState> seen, String why) {
        unlessDeleted(seen, () -> freeze(seen, why));
    }

    /// Asks whether the group that this node remembers was deleted. Then nothing is remembered of
    /// it, and the batch is decided by what the store has now.
    private void unlessDeleted(Optional<GroupState> seen, Runnable lost) {
        var incarnation =
                seen.map(state -> state.logPosition().incarnation())
                        .or(() -> context.remembered().incarnation(group));
        if (incarnation.isEmpty()) {
            lost.run();
            return;
        }
        calls.ask(
                ActorState.CONFIRMING,
                "deleted or lost",
                () -> context.log().isDeleted(group, incarnation.get()),
                deleted -> {
                    if (deleted.orElse(false)) {
                        forget(incarnation.get());
                    } else {
                        lost.run();
                    }
                },
                error -> calls.again(error, listener::continueBatch));
    }

    private void forget(Bytes incarnation) {
        LOG.debug("group {}: it was deleted", group);
        context.remembered().forget(group, incarnation);
        evidence = false;
        become(GroupLoadState.UNREAD);
        listener.continueBatch();
    }

    /// Counts a group once until it is unfrozen.
    void freeze(Optional<GroupState> seen, String why) {
        if (!(loadState instanceof GroupLoadState.FrozenGroup)) {
            alarm(Alarm.FROZEN, why);
        }
        evidence = seen.isPresent();
        become(new GroupLoadState.FrozenGroup(seen, recheckAtNanos()));
        listener.refuseBatch(RefusedAnswers.GROUP_FROZEN);
    }

    private long recheckAtNanos() {
        return context.monotonic().nanos() + context.limits().frozenRecheck().toNanos();
    }

    /// Checks whether the log contains the known history again, or the group was deleted.
    void recheck(GroupLoadState.FrozenGroup group_) {
        if (context.monotonic().nanos() - group_.recheckAtNanos() < 0) {
            listener.refuseBatch(RefusedAnswers.GROUP_FROZEN);
            return;
        }
        if (group_.seen().isEmpty()) {
            reread();
            return;
        }
        var state = group_.seen().get();
        calls.ask(
                ActorState.RECHECKING,
                "frozen",
                () ->
                        context.log()
                                .read(group, Math.max(0, state.logPosition().position() - 1), 1, 1),
                outcome -> {
                    if (outcome.orElseThrow() instanceof ReadOutcome.Entries read
                            && holds(read, state)) {
                        unfreeze(new GroupLoadState.LoadedGroup(state));
                    } else {
                        onContradiction(Optional.of(state), "the log still differs");
                    }
                },
                error -> calls.again(error, listener::continueBatch));
    }

    /// No state of the group is kept. The log is trusted again if it has the remembered
    /// incarnation.
    private void reread() {
        calls.ask(
                ActorState.RECHECKING,
                "frozen unread",
                () -> context.log().load(group, context.limits().memory().recentEntriesMax()),
                snapshot -> {
                    if (snapshot.isPresent()
                            && !contradicts(snapshot.get().tail())
                            && GroupState.of(group, snapshot.get(), context.limits().memory())
                                    .isPresent()) {
                        unfreeze(GroupLoadState.UNREAD);
                    } else {
                        onContradiction(Optional.empty(), "the log still differs");
                    }
                },
                error -> calls.again(error, listener::continueBatch));
    }

    private static boolean holds(ReadOutcome.Entries read, GroupState state) {
        return read.tail().last().incarnation().equals(state.logPosition().incarnation())
                && (state.logPosition().position() == 0
                        || (!read.entries().isEmpty()
                                && read.entries().getFirst().isIntact()
                                && read.entries().getFirst().position()
                                        == state.logPosition().position()
                                && read.entries()
                                        .getFirst()
                                        .head()
                                        .equals(state.logPosition().head())));
    }

    private void unfreeze(GroupLoadState next) {
        context.logThrottle()
                .log(() ->
                        LOG.warn("group {}: the log agrees again, the group is unfrozen", group));
        evidence = false;
        become(next);
        listener.continueBatch();
    }

    void alarm(Alarm alarm, String why) {
        context.metrics().alarm(alarm);
        context.logThrottle()
                .log(() -> LOG.error("ALARM {}: group {}, {}: {}", alarm, group, where(), why));
    }

    private String where() {
        return switch (loadState) {
            case GroupLoadState.LoadedGroup(var state) -> at(state);
            case GroupLoadState.FrozenGroup f ->
                    f.seen().map(GroupTracker::at).orElse("nothing seen");
            case GroupLoadState.NotLoaded _ -> "not read";
        };
    }

    private static String at(GroupState state) {
        return "epoch " + state.epoch() + ", position " + state.logPosition().position();
    }
}
