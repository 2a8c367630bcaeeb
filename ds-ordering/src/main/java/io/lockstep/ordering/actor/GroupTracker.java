package io.lockstep.ordering.actor;

import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.actor.OrderingMetrics.Alarm;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An actor's view of its group. It reads the group, follows the appends of other nodes, and
/// freezes the group when the store contradicts what was seen: a frozen group can be repaired, a
/// forked one cannot.
///
/// A store without a group that this node remembers also counts as another history.
///
/// Confined to the group's actor, except [#holdsEvidence], which is thread-safe.
final class GroupTracker {
    private static final Logger LOG = LoggerFactory.getLogger(GroupTracker.class);
    private static final int CATCH_UP_ENTRIES = 512;
    private static final int CATCH_UP_BYTES = 1 << 20;

    /// The user of this view.
    interface TrackerListener extends LogCallRunner.PendingBatch {
        /// The view has new knowledge; continue with the batch.
        void proceed();

        /// Nothing in the batch can be decided.
        void refuseAll(SubmissionAnswer.RefusedAnswer why);
    }

    private final GroupId group;
    private final ActorContext desk;
    private final LogCallRunner calls;
    private final TrackerListener viewer;
    private GroupLoadState known = GroupLoadState.UNREAD;
    // Whether `known` was the log's tail at some time after the batch was taken.
    private boolean confirmed;
    private volatile boolean evidence;

    GroupTracker(GroupId group, ActorContext desk, LogCallRunner calls, TrackerListener viewer) {
        this.group = group;
        this.desk = desk;
        this.calls = calls;
        this.viewer = viewer;
    }

    GroupLoadState known() {
        return known;
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
        return switch (known) {
            case GroupLoadState.LoadedGroup(var state) -> Optional.of(state);
            case GroupLoadState.FrozenGroup(var state, _) -> state;
            case GroupLoadState.NotLoaded _ -> Optional.empty();
        };
    }

    /// Whether a log with this tail has another history than this node has seen.
    boolean contradicts(GroupTail tail) {
        return seen().map(state -> state.contradicts(tail)).orElse(false)
                || desk.remembered().contradicts(group, tail.last().incarnation());
    }

    /// A new batch begins: the known state may be old by now.
    void age() {
        confirmed = false;
    }

    /// The log returned this state as its end.
    void learn(GroupState state) {
        if (known instanceof GroupLoadState.NotLoaded) {
            desk.remembered().seen(group, state.place().incarnation());
        }
        know(new GroupLoadState.LoadedGroup(state));
        confirmed = true;
    }

    /// The same state, with more of its roster known.
    void knowing(GroupState state) {
        know(new GroupLoadState.LoadedGroup(state));
    }

    /// The only method that changes the known state.
    private void know(GroupLoadState next) {
        boolean frozen = next instanceof GroupLoadState.FrozenGroup;
        if (frozen != known instanceof GroupLoadState.FrozenGroup) {
            desk.metrics().frozen(frozen ? 1 : -1);
        }
        known = next;
    }

    /// Discards the state, so that it is read again. The evidence of a frozen group is kept.
    void forget() {
        if (!(known instanceof GroupLoadState.FrozenGroup)) {
            know(GroupLoadState.UNREAD);
        }
    }

    /// @param before the previously known state, which the snapshot must not contradict
    void load(Optional<GroupState> before) {
        if (!viewer.answerOverdue()) {
            return;
        }
        calls.ask(
                ActorState.LOADING,
                "unread",
                () -> desk.log().load(group, desk.limits().memory().recentEntriesMax()),
                snapshot -> {
                    if (snapshot.isPresent()) {
                        loaded(before, snapshot.get());
                    } else if (before.isPresent() || desk.remembered().isRemembered(group)) {
                        vanished();
                    } else {
                        viewer.refuseAll(RefusedAnswers.UNKNOWN_GROUP);
                    }
                },
                error -> calls.again(error, () -> load(before)));
    }

    private void loaded(Optional<GroupState> before, GroupSnapshot snapshot) {
        boolean differs = before.isPresent() && before.get().contradicts(snapshot.tail());
        if (differs || contradicts(snapshot.tail())) {
            freeze(before.or(this::seen), "the log went back or differs");
            return;
        }
        var state = GroupState.of(group, snapshot, desk.limits().memory());
        if (state.isEmpty()) {
            freeze(before, "the snapshot contradicts itself");
            return;
        }
        learn(state.get());
        viewer.proceed();
    }

    /// Reads from the known state to the log's tail.
    void catchUp(GroupState state, String reason) {
        if (!viewer.answerOverdue()) {
            return;
        }
        calls.ask(
                ActorState.CATCHING_UP,
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
                        case ReadOutcome.LogMissing _ -> vanished();
                    }
                },
                error -> calls.again(error, () -> catchUp(state, "retry")));
    }

    /// Applies the entries that others appended. Reads on if they do not reach the tail.
    void follow(GroupState from, GroupTail tail, List<LogEntry> entries) {
        if (from.contradicts(tail)) {
            freeze(Optional.of(from), "the log went back or differs");
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
        if (state.place().position() >= tail.position()) {
            learn(state);
            viewer.proceed();
        } else {
            know(new GroupLoadState.LoadedGroup(state));
            catchUp(state, "more entries");
        }
    }

    /// Checks whether the log still has the group before a create is attempted.
    void confirmThere(Optional<GroupState> seen, Runnable then) {
        calls.ask(
                ActorState.CONFIRMING,
                "create of a remembered group",
                () -> desk.log().tail(group),
                found -> {
                    if (found.isEmpty()) {
                        vanished();
                    } else if (contradicts(found.get())) {
                        freeze(seen, "the log holds another history");
                    } else {
                        then.run();
                    }
                },
                error -> calls.again(error, viewer::proceed));
    }

    /// This node remembers the group, but the store does not have it.
    void vanished() {
        if (!(known instanceof GroupLoadState.FrozenGroup)) {
            alarm(Alarm.VANISHED, "the group is no longer in the log");
        }
        freeze(seen(), "the group is no longer in the log");
    }

    /// Counts a group once until it is thawed.
    void freeze(Optional<GroupState> seen, String why) {
        if (!(known instanceof GroupLoadState.FrozenGroup)) {
            alarm(Alarm.FROZEN, why);
        }
        evidence = seen.isPresent();
        know(new GroupLoadState.FrozenGroup(seen, recheckAtNanos()));
        viewer.refuseAll(RefusedAnswers.GROUP_FROZEN);
    }

    private long recheckAtNanos() {
        return desk.monotonic().nanos() + desk.limits().frozenRecheck().toNanos();
    }

    /// Checks whether the log contains the known history again.
    void recheck(GroupLoadState.FrozenGroup group_) {
        if (desk.monotonic().nanos() - group_.recheckAtNanos() < 0) {
            viewer.refuseAll(RefusedAnswers.GROUP_FROZEN);
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
                () -> desk.log().read(group, Math.max(0, state.place().position() - 1), 1, 1),
                outcome -> {
                    if (outcome.orElseThrow() instanceof ReadOutcome.Entries read
                            && holds(read, state)) {
                        thaw(new GroupLoadState.LoadedGroup(state));
                    } else {
                        freeze(Optional.of(state), "the log still differs");
                    }
                },
                error -> calls.again(error, viewer::proceed));
    }

    /// No state of the group is kept. The log is trusted again if it has the remembered
    /// incarnation.
    private void reread() {
        calls.ask(
                ActorState.RECHECKING,
                "frozen unread",
                () -> desk.log().load(group, desk.limits().memory().recentEntriesMax()),
                snapshot -> {
                    if (snapshot.isPresent()
                            && !contradicts(snapshot.get().tail())
                            && GroupState.of(group, snapshot.get(), desk.limits().memory())
                                    .isPresent()) {
                        thaw(GroupLoadState.UNREAD);
                    } else {
                        freeze(Optional.empty(), "the log still differs");
                    }
                },
                error -> calls.again(error, viewer::proceed));
    }

    private static boolean holds(ReadOutcome.Entries read, GroupState state) {
        return read.tail().last().incarnation().equals(state.place().incarnation())
                && (state.place().position() == 0
                        || (!read.entries().isEmpty()
                                && read.entries().getFirst().isIntact()
                                && read.entries().getFirst().position() == state.place().position()
                                && read.entries().getFirst().head().equals(state.place().head())));
    }

    private void thaw(GroupLoadState next) {
        desk.troubleLog()
                .say(() -> LOG.warn("group {}: the log agrees again, the group is thawed", group));
        evidence = false;
        know(next);
        viewer.proceed();
    }

    void alarm(Alarm alarm, String why) {
        desk.metrics().alarm(alarm);
        desk.troubleLog()
                .say(() -> LOG.error("ALARM {}: group {}, {}: {}", alarm, group, where(), why));
    }

    private String where() {
        return switch (known) {
            case GroupLoadState.LoadedGroup(var state) -> at(state);
            case GroupLoadState.FrozenGroup f ->
                    f.seen().map(GroupTracker::at).orElse("nothing seen");
            case GroupLoadState.NotLoaded _ -> "not read";
        };
    }

    private static String at(GroupState state) {
        return "epoch " + state.epoch() + ", position " + state.place().position();
    }
}
