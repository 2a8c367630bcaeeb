package io.lockstep.ordering.actor;

import io.lockstep.log.GroupLog;
import io.lockstep.log.HistoryVerifier;
import io.lockstep.log.LogEntry;
import io.lockstep.log.Membership;
import io.lockstep.log.ReadOutcome;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.state.BatchDecision;
import io.lockstep.ordering.state.Decision;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.ordering.state.MissedEntries;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The end of a batch: its decisions are final, and their answers are given in order.
///
/// Confined to the group's actor.
final class BatchReplies {
    // Each page is as large as a refusal: 16 of 256 KiB are 4 MB. Losers of one race mostly share
    // one page.
    private static final int PAGES_MAX = 16;

    private record UnresolvedRefusal(
            PendingSubmission pending, Decision.Refuse refuse, long readAfter) {}

    private final GroupLog log;
    private final GroupState settled;
    private final List<PendingSubmission> batch;
    private final BatchDecision batchDecision;
    private final BiConsumer<PendingSubmission, SubmissionAnswer> answer;
    private final List<UnresolvedRefusal> open = new ArrayList<>();
    private boolean broken;

    /// @param settled the group after the batch, durable
    BatchReplies(
            GroupLog log,
            GroupState settled,
            List<PendingSubmission> batch,
            BatchDecision batchDecision,
            BiConsumer<PendingSubmission, SubmissionAnswer> answer) {
        this.log = log;
        this.settled = settled;
        this.batch = batch;
        this.batchDecision = batchDecision;
        this.answer = answer;
    }

    /// Relays the ephemeral messages in order; empty when there are none.
    Optional<Mono<Void>> ephemerals() {
        var relays = new ArrayList<Mono<Void>>();
        for (var decision : batchDecision.decisions()) {
            if (decision instanceof Decision.Relay relay) {
                relays.add(log.relay(relay.notice()));
            }
        }
        return relays.isEmpty()
                ? Optional.empty()
                : Optional.of(Flux.mergeSequential(relays).then());
    }

    /// Gives all answers except refusals whose missed entries are not in memory.
    ///
    /// @param relayed whether the ephemeral messages were relayed
    void sendKnown(boolean relayed) {
        for (int i = 0; i < batchDecision.decisions().size(); i++) {
            var pending = batch.get(i);
            switch (batchDecision.decisions().get(i)) {
                case Decision.Append(_, _, var accepted) -> answer.accept(pending, accepted);
                case Decision.Repeat(var first) -> answer.accept(pending, repeated(pending, first));
                case Decision.Relay(_, var accepted) ->
                        answer.accept(pending, relayed ? accepted : RefusedAnswers.UNAVAILABLE);
                case Decision.Refuse refuse -> refuse(pending, refuse);
                case Decision.AskLog _ ->
                        throw new IllegalStateException("a decided batch contains no query");
            }
        }
    }

    /// If an earlier attempt of this same submission appended the bytes, the answer is no repeat.
    private static SubmissionAnswer.AcceptedAnswer repeated(
            PendingSubmission pending, SubmissionAnswer.AcceptedAnswer first) {
        return pending.wasAttemptedAt(first.logPosition())
                ? new SubmissionAnswer.AcceptedAnswer(first.logPosition(), first.epoch(), false)
                : first;
    }

    private void refuse(PendingSubmission pending, Decision.Refuse refuse) {
        switch (refuse.shows()) {
            case NOTHING, TAIL ->
                    answer.accept(pending, RefusedAnswers.withoutMissed(refuse, settled));
            case MISSED -> {
                switch (MissedEntries.by(settled, pending.submission())) {
                    case MissedEntries.Resident missed ->
                            answer.accept(
                                    pending,
                                    RefusedAnswers.withMissed(refuse, settled.tail(), missed));
                    case MissedEntries.ReadAfter(var position) ->
                            open.add(new UnresolvedRefusal(pending, refuse, position));
                }
            }
        }
    }

    boolean isComplete() {
        return open.isEmpty();
    }

    /// Reads the missed entries of the remaining refusals, by the position before the first of
    /// them.
    Mono<Map<Long, ReadOutcome>> readMissed() {
        var limits = settled.limits();
        return Flux.fromStream(
                        open.stream().map(UnresolvedRefusal::readAfter).distinct().limit(PAGES_MAX))
                .flatMap(after ->
                        log.read(
                                        settled.group(),
                                        after,
                                        limits.recentEntriesMax(),
                                        limits.recentBytesMax())
                                .map(page -> Map.entry(after, page)))
                .collectMap(Map.Entry::getKey, Map.Entry::getValue);
    }

    /// Gives the remaining answers. A refusal whose page could not be read contains only the tail.
    void sendRemaining(Map<Long, ReadOutcome> pages) {
        for (var refused : open) {
            answer.accept(
                    refused.pending,
                    pages.get(refused.readAfter) instanceof ReadOutcome.Entries page
                                    && isSound(refused.readAfter, page)
                            ? RefusedAnswers.withMissed(
                                    refused.refuse, settled.tail(), missedBy(refused.pending, page))
                            : RefusedAnswers.withoutMissed(refused.refuse, settled));
        }
        open.clear();
    }

    /// Whether the log returned entries that are not of one history. Such entries are never sent.
    boolean foundBroken() {
        return broken;
    }

    private boolean isSound(long after, ReadOutcome.Entries page) {
        boolean sound =
                HistoryVerifier.firstBroken(
                                        settled.group(), after, Optional.empty(), page.entries())
                                .isEmpty()
                        && page.entries().stream().allMatch(this::isAsKnown);
        broken |= !sound;
        return sound;
    }

    /// Whether the entry agrees with what the settled state remembers.
    private boolean isAsKnown(LogEntry entry) {
        return entry.position() != settled.logPosition().position()
                || entry.head().equals(settled.logPosition().head());
    }

    /// Contains nothing beyond the settled state, even if the page reaches further: it is not known
    /// who may see later entries.
    private MissedEntries.Resident missedBy(PendingSubmission pending, ReadOutcome.Entries page) {
        long lastVisible =
                settled.roster()
                        .find(pending.submission().author().member())
                        .map(Membership::lastVisible)
                        .orElse(0L);
        return MissedEntries.bounded(
                page.entries(), settled.logPosition().position(), lastVisible, settled.limits());
    }
}
