package io.lockstep.fanout.tail;

import io.lockstep.log.GroupTail;
import io.lockstep.log.HistoryVerifier;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.ReadOutcome;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Compares a followed tail with the log, and fetches missing entries. It detects a store that lost
/// or changed history. One read runs at a time; a request during a read is served by the next one.
///
/// The followed entries were durable before the read began. An answer that ends before them, or
/// does not continue their head, therefore proves a loss. Confined to the group's home loop.
final class TailVerifier {
    private static final Logger LOG = LoggerFactory.getLogger(TailVerifier.class);

    private final GroupFollower follower;
    private final FollowerContext context;
    private final HomeLoop homeLoop;
    private final LogRetryBackoff backoff = new LogRetryBackoff();
    private boolean underWay;

    /// Whether a retry is scheduled after the log did not answer.
    private boolean retryScheduled;

    private List<Consumer<Boolean>> running = List.of();
    private List<Consumer<Boolean>> queued = new ArrayList<>(1);

    TailVerifier(GroupFollower follower, FollowerContext context, HomeLoop homeLoop) {
        this.follower = follower;
        this.context = context;
        this.homeLoop = homeLoop;
    }

    /// @param then called with whether the comparison succeeded; not called before the first Check,
    ///     nor after the close
    void verify(Consumer<Boolean> then) {
        if (follower.isClosed()) {
            then.accept(false);
            return;
        }
        queued.add(then);
        if (!underWay) {
            startRead();
        }
    }

    /// Schedules one comparison after the one in progress, regardless of the number of calls.
    void verifyAgainIfUnderWay() {
        if (underWay && queued.isEmpty()) {
            verify(_ -> {});
        }
    }

    private void startRead() {
        var ring = follower.ring();
        if (ring != null && !queued.isEmpty() && !follower.isClosed()) {
            running = queued;
            queued = new ArrayList<>(1);
            read(ring);
        }
    }

    private void read(EntryRing ring) {
        underWay = true;
        var from = ring.tail().last();
        var limits = context.limits();
        FaultBarrier.answer(() ->
                        context.log()
                                .read(
                                        group(),
                                        from.position(),
                                        limits.joinedCountMax(),
                                        limits.joinedBytesMax()))
                .single()
                .subscribe(
                        outcome -> homeLoop.run(() -> guarded(() -> answered(ring, from, outcome))),
                        failure -> homeLoop.run(() -> failed(failure)));
    }

    /// Treats an exception as an unavailable log and retries. Otherwise the waiting callbacks would
    /// never be called.
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            failed(e);
        }
    }

    /// Whether the entry that did not continue the one before it does so now, or was trimmed.
    private void recheck(EntryRing ring, long brokenAt) {
        underWay = true;
        long after = Math.max(0, brokenAt - 2);
        FaultBarrier.answer(() ->
                        context.log()
                                .read(
                                        group(),
                                        after,
                                        (int) (brokenAt - after),
                                        2 * context.limits().joinedBytesMax()))
                .single()
                .subscribe(
                        outcome ->
                                homeLoop.run(
                                        () -> guarded(() -> rechecked(ring, outcome, brokenAt))),
                        failure -> homeLoop.run(() -> failed(failure)));
    }

    private void rechecked(EntryRing ring, ReadOutcome outcome, long brokenAt) {
        underWay = false;
        if (follower.isClosed()) {
            return;
        }
        boolean repaired =
                switch (outcome) {
                    case ReadOutcome.Entries(_, var entries) -> isMended(entries, brokenAt);
                    case ReadOutcome.Trimmed _ -> true;
                    case ReadOutcome.LogMissing() -> false;
                };
        if (repaired) {
            follower.repaired();
            follower.confirmed(ring);
        }
        done(true);
    }

    private boolean isMended(List<LogEntry> entries, long brokenAt) {
        if (entries.isEmpty() || entries.getLast().position() != brokenAt) {
            return false;
        }
        long after = entries.getFirst().position() - 1;
        var head = after == 0 ? follower.firstHead() : Optional.<Bytes>empty();
        return HistoryVerifier.firstBroken(group(), after, head, entries).isEmpty();
    }

    private GroupId group() {
        return follower.group();
    }

    private void answered(EntryRing ring, LogPosition from, ReadOutcome outcome) {
        underWay = false;
        if (follower.isClosed()) {
            return;
        }
        backoff.reset();
        var wrong = whatIsWrong(from, outcome);
        if (wrong.isPresent()) {
            if (isOfAnotherGroup(from, outcome)) {
                askWhetherDeleted(ring, from.incarnation(), wrong.get());
            } else {
                follower.freeze(ring, wrong.get());
                done(true);
            }
            return;
        }
        boolean complete = take(ring, outcome);
        if (follower.brokenAt() > 0) {
            recheck(ring, follower.brokenAt());
            return;
        }
        follower.confirmed(ring);
        if (complete) {
            done(true);
        } else {
            read(ring);
        }
    }

    private static boolean isOfAnotherGroup(LogPosition from, ReadOutcome outcome) {
        return switch (outcome) {
            case ReadOutcome.LogMissing() -> true;
            case ReadOutcome.Trimmed(var tail) -> isOfAnotherGroup(from, tail);
            case ReadOutcome.Entries(var tail, _) -> isOfAnotherGroup(from, tail);
        };
    }

    private static boolean isOfAnotherGroup(LogPosition from, GroupTail tail) {
        return !tail.last().incarnation().equals(from.incarnation());
    }

    /// The group was deleted, or the store has lost it.
    private void askWhetherDeleted(EntryRing ring, Bytes incarnation, String why) {
        underWay = true;
        FaultBarrier.answer(() -> context.log().isDeleted(group(), incarnation))
                .single()
                .subscribe(
                        deleted ->
                                homeLoop.run(() ->
                                        guarded(() -> decided(ring, incarnation, deleted, why))),
                        failure -> homeLoop.run(() -> failed(failure)));
    }

    private void decided(EntryRing ring, Bytes incarnation, boolean deleted, String why) {
        underWay = false;
        if (follower.isClosed()) {
            return;
        }
        if (deleted) {
            follower.deleted(ring, incarnation);
        } else {
            follower.freeze(ring, why);
        }
        done(true);
    }

    /// @return whether that was the rest of the log
    private boolean take(EntryRing ring, ReadOutcome outcome) {
        return switch (outcome) {
            case ReadOutcome.Entries(var tail, var entries) -> {
                for (var entry : entries) {
                    if (entry.position() == ring.tail().position() + 1) {
                        ring.append(entry);
                    }
                }
                ring.trimmedTo(tail.firstRetained());
                yield ring.tail().position() >= tail.position();
            }
            case ReadOutcome.Trimmed(var tail) -> {
                if (tail.position() > ring.tail().position()) {
                    LOG.warn(
                            "group {}: entries after position {} were trimmed before this node"
                                    + " read them",
                            group(),
                            ring.tail().position());
                    ring.restartAt(tail);
                }
                yield true;
            }
            case ReadOutcome.LogMissing() -> true;
        };
    }

    private Optional<String> whatIsWrong(LogPosition from, ReadOutcome outcome) {
        return switch (outcome) {
            case ReadOutcome.LogMissing() -> Optional.of("the store no longer has the group");
            case ReadOutcome.Trimmed(var tail) -> wrongTail(from, tail);
            case ReadOutcome.Entries(var tail, var entries) ->
                    wrongTail(from, tail).or(() -> wrongEntries(from, tail, entries));
        };
    }

    private static Optional<String> wrongTail(LogPosition from, GroupTail tail) {
        if (!tail.last().incarnation().equals(from.incarnation())) {
            return Optional.of("the store holds another incarnation of the group");
        }
        if (tail.position() < from.position()) {
            return Optional.of("the store went backwards, to position " + tail.position());
        }
        if (tail.position() == from.position() && !tail.last().head().equals(from.head())) {
            return Optional.of("the store holds another history");
        }
        return Optional.empty();
    }

    private Optional<String> wrongEntries(
            LogPosition from, GroupTail tail, List<LogEntry> entries) {
        if (entries.isEmpty() && tail.position() > from.position()) {
            return Optional.of("the store has lost the entries after it");
        }
        var broken = HistoryVerifier.firstBroken(group(), from, entries);
        return broken.isPresent()
                ? Optional.of("the store holds another history at position " + broken.getAsLong())
                : Optional.empty();
    }

    private void failed(Throwable failure) {
        underWay = false;
        if (follower.isClosed()) {
            return;
        }
        LOG.debug("group {}: cannot compare with the log: {}", group(), failure.toString());
        follower.unavailable();
        done(false);
        if (!retryScheduled) {
            retryScheduled = true;
            homeLoop.runAfter(backoff.nextMillis(), this::retry);
        }
    }

    private void retry() {
        retryScheduled = false;
        verify(_ -> {});
    }

    private void done(boolean compared) {
        var callbacks = running;
        running = List.of();
        callbacks.forEach(then -> then.accept(compared));
        if (!underWay) {
            startRead();
        }
    }

    void close() {
        done(false);
        var callbacks = queued;
        queued = new ArrayList<>(1);
        callbacks.forEach(then -> then.accept(false));
    }
}
