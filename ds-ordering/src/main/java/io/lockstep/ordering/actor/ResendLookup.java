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
    record LookupResult(PendingSubmission pending, DuplicateCheck duplicate) {}

    private record LookupQuery(PendingSubmission pending, OptionalLong position) {}

    private final GroupLog log;
    private final GroupState state;
    private final List<LookupQuery> queries = new ArrayList<>();
    private volatile boolean broken;

    ResendLookup(GroupLog log, GroupState state, List<PendingSubmission> batch) {
        this.log = log;
        this.state = state;
        for (var pending : batch) {
            Decider.query(state, pending.keyed())
                    .map(Decision.AskLog::position)
                    .ifPresent(position -> queries.add(new LookupQuery(pending, position)));
        }
    }

    /// Whether the log returned entries that are not of one history.
    boolean foundBroken() {
        return broken;
    }

    int count() {
        return queries.size();
    }

    Mono<List<LookupResult>> ask() {
        return Flux.fromIterable(queries)
                .flatMap(q -> ask(q).map(duplicate -> new LookupResult(q.pending, duplicate)), 256)
                .collectList();
    }

    private Mono<DuplicateCheck> ask(LookupQuery query) {
        long epoch = epoch(query.pending.submission());
        if (query.position.isPresent()) {
            return first(query.position.getAsLong(), epoch);
        }
        return log.find(state.group(), epoch, query.pending.keyed().key())
                .flatMap(
                        found -> found.isPresent() ? first(found.getAsLong(), epoch) : Mono.empty())
                .defaultIfEmpty(new DuplicateCheck.AbsentUpTo(state.logPosition().position()));
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
                                            state.logPosition().incarnation(), position, epoch);
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
            case Submission.ReinitSubmission r ->
                    throw new IllegalStateException("a reinit has no resend key: " + r);
            case Submission.OperatorCommand o ->
                    throw new IllegalStateException("a command has no resend key: " + o);
            case Submission.LeaveSubmission l ->
                    throw new IllegalStateException("a leave has no resend key: " + l);
            case Submission.PolicySubmission p ->
                    throw new IllegalStateException("a policy change has no resend key: " + p);
            case Submission.CommitVerdict v ->
                    throw new IllegalStateException("a verdict has no resend key: " + v);
        };
    }
}
