package io.lockstep.ordering.actor;

import io.lockstep.log.GroupLog;
import io.lockstep.log.HistoryVerifier;
import io.lockstep.log.ReadOutcome;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.state.Decider;
import io.lockstep.ordering.state.Decision;
import io.lockstep.ordering.state.DuplicateCheck;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.ordering.state.OriginalAnswer;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A lookup in the log of all resend keys of a batch that memory cannot answer (invariant I4). It
/// uses one call.
///
/// Confined to the group's actor.
final class ResendLookup {
    private static final int PAGE_ENTRIES = 256;
    private static final int PAGE_BYTES = 256 << 10;

    /// The answer of the log for one submission.
    record LookupResult(PendingSubmission mail, DuplicateCheck earlier) {}

    private record LookupQuery(PendingSubmission mail, OptionalLong position) {}

    private final GroupLog log;
    private final GroupState state;
    private final List<LookupQuery> questions = new ArrayList<>();
    private volatile boolean broken;

    ResendLookup(GroupLog log, GroupState state, List<PendingSubmission> batch) {
        this.log = log;
        this.state = state;
        for (var mail : batch) {
            Decider.question(state, mail.keyed())
                    .map(Decision.AskLog::position)
                    .ifPresent(position -> questions.add(new LookupQuery(mail, position)));
        }
    }

    /// Whether the log returned entries that are not of one history.
    boolean foundBroken() {
        return broken;
    }

    int count() {
        return questions.size();
    }

    Mono<List<LookupResult>> ask() {
        return Flux.fromIterable(questions)
                .flatMap(q -> ask(q).map(earlier -> new LookupResult(q.mail, earlier)), 256)
                .collectList();
    }

    private Mono<DuplicateCheck> ask(LookupQuery question) {
        long epoch = epoch(question.mail.submission());
        if (question.position.isPresent()) {
            return first(question.position.getAsLong(), epoch);
        }
        return log.find(state.group(), epoch, question.mail.keyed().key())
                .flatMap(
                        found -> found.isPresent() ? first(found.getAsLong(), epoch) : Mono.empty())
                .defaultIfEmpty(new DuplicateCheck.AbsentUpTo(state.place().position()));
    }

    private Mono<DuplicateCheck> first(long position, long epoch) {
        return log.read(state.group(), position - 1, PAGE_ENTRIES, PAGE_BYTES)
                .map(read ->
                        switch (read) {
                            case ReadOutcome.Entries page -> {
                                broken |= isBroken(position, page);
                                yield OriginalAnswer.of(page, position, epoch);
                            }
                            case ReadOutcome.Trimmed _, ReadOutcome.LogMissing _ ->
                                    OriginalAnswer.trimmed(
                                            state.place().incarnation(), position, epoch);
                        });
    }

    private boolean isBroken(long position, ReadOutcome.Entries page) {
        var headBefore = Optional.<Bytes>empty();
        return HistoryVerifier.firstBroken(state.group(), position - 1, headBefore, page.entries())
                .isPresent();
    }

    private static long epoch(Submission submission) {
        return switch (submission) {
            case Submission.CreateSubmission c -> c.epoch();
            case Submission.MessageSubmission m -> m.epoch();
            case Submission.CommitSubmission c -> c.epoch();
        };
    }
}
