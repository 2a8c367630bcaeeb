package io.lockstep.ordering.actor;

import io.lockstep.log.GroupLog;
import io.lockstep.log.HistoryCheck;
import io.lockstep.log.LogEntry;
import io.lockstep.log.Membership;
import io.lockstep.log.ReadOutcome;
import io.lockstep.ordering.Answer;
import io.lockstep.ordering.state.Decision;
import io.lockstep.ordering.state.Draft;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.ordering.state.Missed;
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
final class Conclusion {
    // Each page is as large as a refusal: 16 of 256 KiB are 4 MB. Losers of one race mostly share
    // one page.
    private static final int PAGES_MAX = 16;

    private record Open(Mail mail, Decision.Refuse refuse, long readAfter) {}

    private final GroupLog log;
    private final GroupState settled;
    private final List<Mail> batch;
    private final Draft draft;
    private final BiConsumer<Mail, Answer> answer;
    private final List<Open> open = new ArrayList<>();
    private boolean broken;

    /// @param settled the group after the batch, durable
    Conclusion(
            GroupLog log,
            GroupState settled,
            List<Mail> batch,
            Draft draft,
            BiConsumer<Mail, Answer> answer) {
        this.log = log;
        this.settled = settled;
        this.batch = batch;
        this.draft = draft;
        this.answer = answer;
    }

    /// Relays the ephemeral messages in order; empty when there are none.
    Optional<Mono<Void>> ephemerals() {
        var relays = new ArrayList<Mono<Void>>();
        for (var decision : draft.decisions()) {
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
    void answerWhatIsKnown(boolean relayed) {
        for (int i = 0; i < draft.decisions().size(); i++) {
            var mail = batch.get(i);
            switch (draft.decisions().get(i)) {
                case Decision.Append(_, _, var accepted) -> answer.accept(mail, accepted);
                case Decision.Repeat(var first) -> answer.accept(mail, repeated(mail, first));
                case Decision.Relay(_, var accepted) ->
                        answer.accept(mail, relayed ? accepted : Refusals.UNAVAILABLE);
                case Decision.Refuse refuse -> refuse(mail, refuse);
                case Decision.AskLog _ ->
                        throw new IllegalStateException("a draft contains no open question");
            }
        }
    }

    /// If an earlier attempt of this same submission appended the bytes, the answer is no repeat.
    private static Answer.Accepted repeated(Mail mail, Answer.Accepted first) {
        return mail.wasAttemptedAt(first.place())
                ? new Answer.Accepted(first.place(), first.epoch(), false)
                : first;
    }

    private void refuse(Mail mail, Decision.Refuse refuse) {
        switch (refuse.shows()) {
            case NOTHING, TAIL ->
                    answer.accept(mail, Refusals.withoutMissed(refuse, settled.tail()));
            case MISSED -> {
                switch (Missed.by(settled, mail.submission())) {
                    case Missed.Told told ->
                            answer.accept(mail, Refusals.withMissed(refuse, settled.tail(), told));
                    case Missed.ReadAfter(var position) ->
                            open.add(new Open(mail, refuse, position));
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
        return Flux.fromStream(open.stream().map(Open::readAfter).distinct().limit(PAGES_MAX))
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
    void answerRest(Map<Long, ReadOutcome> pages) {
        for (var refused : open) {
            answer.accept(
                    refused.mail,
                    pages.get(refused.readAfter) instanceof ReadOutcome.Entries page
                                    && isSound(refused.readAfter, page)
                            ? Refusals.withMissed(
                                    refused.refuse, settled.tail(), told(refused.mail, page))
                            : Refusals.withoutMissed(refused.refuse, settled.tail()));
        }
        open.clear();
    }

    /// Whether the log returned entries that are not of one history. Such entries are never sent.
    boolean foundBroken() {
        return broken;
    }

    private boolean isSound(long after, ReadOutcome.Entries page) {
        boolean sound =
                HistoryCheck.firstBroken(settled.group(), after, Optional.empty(), page.entries())
                                .isEmpty()
                        && page.entries().stream().allMatch(this::isAsKnown);
        broken |= !sound;
        return sound;
    }

    /// Whether the entry agrees with what the settled state remembers.
    private boolean isAsKnown(LogEntry entry) {
        return entry.position() != settled.place().position()
                || entry.head().equals(settled.place().head());
    }

    /// Contains nothing beyond the settled state, even if the page reaches further: it is not known
    /// who may see later entries.
    private Missed.Told told(Mail mail, ReadOutcome.Entries page) {
        long lastVisible =
                settled.roster()
                        .find(mail.submission().author().member())
                        .map(Membership::lastVisible)
                        .orElse(0L);
        return Missed.bounded(
                page.entries(), settled.place().position(), lastVisible, settled.limits());
    }
}
