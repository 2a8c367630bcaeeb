package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.Postponement;
import io.lockstep.gateway.quota.QuotaUse;
import io.lockstep.gateway.quota.QuotaUse.UseKind;
import io.lockstep.gateway.session.SubmissionLookups.LookupOutcome;
import io.lockstep.gateway.submission.ParsedSubmission;
import io.lockstep.gateway.submission.SubmissionParser;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Leave;
import io.lockstep.wire.proto.Reinit;
import io.lockstep.wire.proto.Reject;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.SetPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Processes one session's submissions, from frame to answer. Each submission gets exactly one
/// answer, in bounded time: by [MonotonicClock], it goes to ordering within `lookupMax` of being
/// taken, look-ups and waits included, or is refused as `unavailable`. Ordering answers within its
/// own time limit.
///
/// ```
/// 0 ≤ in flight ≤ submissionsInFlightMax        0 ≤ bytes in flight ≤ 2 · frameBytesMax
/// ```
final class SessionSubmissions {
    private static final Logger LOG = LoggerFactory.getLogger(SessionSubmissions.class);

    private static final MonotonicClock CLOCK = MonotonicClock.SYSTEM;

    private final SessionContext context;
    private final SubmissionParser parser;
    private final SubmissionLookups lookups;
    private final SessionIo io;
    private final SubmissionQueues queues = new SubmissionQueues();
    private final AttachBarrier attachBarrier;

    /// The submissions of one socket read, which go to ordering together. They are in flight.
    private final List<GatheredSubmission> gathered = new ArrayList<>(0);

    /// From the first submission taken until [#handOver].
    private boolean gathering;

    private int inFlight;
    private long bytesInFlight;

    SessionSubmissions(SessionContext context, SubmissionParser parser, SessionIo io) {
        this.context = context;
        this.parser = parser;
        lookups = new SubmissionLookups(context, parser);
        this.io = io;
        attachBarrier = new AttachBarrier(io);
    }

    AttachBarrier attachBarrier() {
        return attachBarrier;
    }

    /// All submissions of one socket read were taken: hands them to ordering.
    void handOver() {
        gathering = false;
        if (gathered.isEmpty()) {
            return;
        }
        var batch = List.copyOf(gathered);
        gathered.clear();
        var answers =
                context.services()
                        .ordering()
                        .submitTogether(
                                batch.stream().map(GatheredSubmission::submission).toList());
        for (int i = 0; i < answers.size(); i++) {
            batch.get(i).await(answers.get(i));
        }
    }

    int inFlight() {
        return inFlight;
    }

    // A client's submissions wait for [#handOver], which follows the socket read.

    void create(long requestId, Create create) {
        int bytes = create.getSerializedSize();
        var use = new QuotaUse(UseKind.CREATE, bytes);
        take(
                requestId,
                bytes,
                () ->
                        context.rates()
                                .submit(parser.client(), bytes)
                                .or(() -> context.rates().create(parser.client()))
                                .or(() -> whileRoom(use)),
                use,
                () -> parser.create(create));
    }

    void send(long requestId, Send send) {
        int bytes = send.getSerializedSize();
        boolean ephemeral = send.getEphemeral();
        var use = new QuotaUse(ephemeral ? UseKind.EPHEMERAL_MESSAGE : UseKind.MESSAGE, bytes);
        take(
                requestId,
                bytes,
                () -> whileRates(bytes).or(() -> whileRoom(use)),
                use,
                () -> parser.send(send));
    }

    void commit(long requestId, Commit commit) {
        int bytes = commit.getSerializedSize();
        var use = new QuotaUse(UseKind.COMMIT, bytes);
        take(
                requestId,
                bytes,
                () -> whileRates(bytes).or(() -> whileRoom(use)),
                use,
                () -> parser.commit(commit));
    }

    void reject(long requestId, Reject reject) {
        int bytes = reject.getSerializedSize();
        take(requestId, bytes, () -> whileRates(bytes), QuotaUse.NONE, () -> parser.reject(reject));
    }

    void reinit(long requestId, Reinit reinit) {
        int bytes = reinit.getSerializedSize();
        take(requestId, bytes, () -> whileRates(bytes), QuotaUse.NONE, () -> parser.reinit(reinit));
    }

    void leave(long requestId, Leave leave) {
        int bytes = leave.getSerializedSize();
        take(requestId, bytes, () -> whileRates(bytes), QuotaUse.NONE, () -> parser.leave(leave));
    }

    void setPolicy(long requestId, SetPolicy set) {
        int bytes = set.getSerializedSize();
        var use = new QuotaUse(UseKind.MESSAGE, bytes);
        take(
                requestId,
                bytes,
                () -> whileRates(bytes).or(() -> whileRoom(use)),
                use,
                () -> parser.setPolicy(set));
    }

    /// Reports that the client has applied a provisional commit. Nobody waits for the answer: if it
    /// is lost, a later message or acknowledgement confirms the commit.
    void confirm(GroupId group, long position) {
        var _ =
                context.services()
                        .ordering()
                        .submit(
                                new Submission.CommitVerdict(
                                        group,
                                        context.services()
                                                .pseudonyms()
                                                .author(group, parser.client()),
                                        position,
                                        new Submission.Verdict.Acknowledge()))
                        .subscribe(
                                _ -> {},
                                failure ->
                                        LOG.warn(
                                                "group {}: a commit is not confirmed: {}",
                                                group,
                                                failure.toString()));
    }

    private Optional<Postponement> whileRates(int bytes) {
        return context.rates().submit(parser.client(), bytes);
    }

    /// For what adds data to the store, or uses a quota. A `reject` and a `reinit` do not ask: few
    /// bytes heal or end a group. An ephemeral message is not stored.
    private Optional<Postponement> whileRoom(QuotaUse use) {
        return (use.kind() == UseKind.EPHEMERAL_MESSAGE
                        ? Optional.<Postponement>empty()
                        : context.store().postponement())
                .or(() -> context.quotas().ofSender(parser.client(), use));
    }

    /// @param bytes of the frame, all of which may be held until it is answered
    /// @param admission why the client may not submit it now; evaluated before the frame is parsed
    /// @param use what it would use of its group's quota
    private void take(
            long requestId,
            int bytes,
            Supplier<Optional<Postponement>> admission,
            QuotaUse use,
            Supplier<ParsedSubmission> parse) {
        if (inFlight >= context.limits().submissionsInFlightMax()
                || bytesInFlight > context.limits().frameBytesMax()) {
            context.metrics().refusal(Code.TOO_MANY_IN_FLIGHT);
            io.send(
                    ServerFrames.refused(
                            requestId,
                            new Refusal(
                                    Code.TOO_MANY_IN_FLIGHT,
                                    inFlight + " submissions of this session are unanswered")));
            return;
        }
        var postponed = admission.get();
        if (postponed.isPresent()) {
            context.metrics().refusal(postponed.get().refusal().code());
            io.send(ServerFrames.postponed(requestId, postponed.get()));
            return;
        }
        gathering = true;
        switch (parse.get()) {
            case ParsedSubmission.ParseRefused(var refusal) -> {
                context.metrics().refusal(refusal.code());
                io.send(ServerFrames.refused(requestId, refusal));
            }
            case ParsedSubmission.RefusedInGroup(var group, var refusal) -> {
                context.metrics().refusal(refusal.code());
                io.send(ServerFrames.refused(requestId, group, refusal));
            }
            case ParsedSubmission.Complete(Submission.CreateSubmission create) -> {
                var taken = begin(requestId, create.group(), bytes);
                queues.run(create.group(), () -> submitCreate(taken, create));
            }
            case ParsedSubmission.Complete(var submission) -> {
                var taken = begin(requestId, submission.group(), bytes);
                var found = Mono.just(LookupOutcome.found(submission));
                var usedUp = usedUp(submission, use, found);
                queues.run(
                        submission.group(),
                        () ->
                                usedUp.ifPresentOrElse(
                                        refusal -> enqueue(taken, refusal),
                                        () -> submit(taken, submission, Set.of())));
            }
            case ParsedSubmission.Unresolved unresolved -> {
                var commit = unresolved.commit();
                var taken = begin(requestId, commit.group(), bytes);
                var lookup = lookups.resolve(unresolved);
                var ready = usedUp(commit, use, lookup).orElse(lookup);
                queues.run(commit.group(), () -> enqueue(taken, ready));
            }
            case ParsedSubmission.NeedsBlobs needsBlobs -> {
                var group = needsBlobs.group();
                var taken = begin(requestId, group, bytes);
                var lookup = lookups.fetch(needsBlobs);
                var ready = usedUp(group, use, lookup).orElse(lookup);
                queues.run(group, () -> enqueue(taken, ready));
            }
            case ParsedSubmission.UncheckedCreate unchecked -> {
                var group = unchecked.create().group();
                var taken = begin(requestId, group, bytes);
                queues.run(group, () -> enqueue(taken, lookups.checkCreate(unchecked)));
            }
        }
    }

    /// What takes the place of the submission where a quota is used up: of an author that would join
    /// by it, or of the group, which only a member may learn.
    ///
    /// @param otherwise for all others
    private Optional<Mono<LookupOutcome>> usedUp(
            Submission submission, QuotaUse use, Mono<LookupOutcome> otherwise) {
        var group = submission.group();
        return context.quotas()
                .ofJoiner(parser.client(), submission)
                .map(why ->
                        lookups.ifMember(
                                group, why, usedUp(group, use, otherwise).orElse(otherwise)))
                .or(() -> usedUp(group, use, otherwise));
    }

    private Optional<Mono<LookupOutcome>> usedUp(
            GroupId group, QuotaUse use, Mono<LookupOutcome> otherwise) {
        return context.quotas()
                .ofGroup(group, use)
                .map(why -> lookups.unlessMember(group, why, otherwise));
    }

    /// A submission that must be answered.
    ///
    /// @param atNanos when it was taken
    private record TakenSubmission(
            long requestId, GroupId group, int bytes, long number, long atNanos) {}

    private TakenSubmission begin(long requestId, GroupId group, int bytes) {
        inFlight++;
        bytesInFlight += bytes;
        assert invariants();
        return new TakenSubmission(
                requestId, group, bytes, attachBarrier.onSubmitted(group), CLOCK.nanos());
    }

    private boolean invariants() {
        var limits = context.limits();
        return 0 <= inFlight
                && inFlight <= limits.submissionsInFlightMax()
                && 0 <= bytesInFlight
                && bytesInFlight <= 2L * limits.frameBytesMax();
    }

    private void end(TakenSubmission taken) {
        inFlight--;
        bytesInFlight -= taken.bytes();
        assert invariants();
        attachBarrier.onAnswered(taken.group(), taken.number());
        io.answered();
    }

    /// @param joined the clients that its Welcome makes members
    private void submit(TakenSubmission taken, Submission submission, Set<ClientId> joined) {
        if (isLate(taken)) {
            return;
        }
        orderOrGather(new GatheredSubmission(submission, joined, answer -> answer(taken, answer)));
    }

    /// Later submissions to the same group wait for the answer: before it there is no group in
    /// which their author could be looked up.
    private void submitCreate(TakenSubmission taken, Submission.CreateSubmission create) {
        if (isLate(taken)) {
            queues.release(taken.group());
            return;
        }
        queues.hold(taken.group());
        orderOrGather(
                new GatheredSubmission(
                        create,
                        Set.of(),
                        answer -> {
                            answer(taken, answer);
                            queues.release(taken.group());
                        }));
    }

    private void orderOrGather(GatheredSubmission next) {
        if (gathering) {
            gathered.add(next);
        } else {
            next.await(context.services().ordering().submit(next.submission));
        }
    }

    /// A submission on its way to ordering, and the handler of its answer.
    private final class GatheredSubmission {
        private final Submission submission;
        private final Set<ClientId> joined;
        private final Consumer<SubmissionAnswer> then;

        GatheredSubmission(
                Submission submission, Set<ClientId> joined, Consumer<SubmissionAnswer> then) {
            this.submission = submission;
            this.joined = joined;
            this.then = then;
        }

        Submission submission() {
            return submission;
        }

        void await(Mono<SubmissionAnswer> answer) {
            answer.switchIfEmpty(
                            Mono.error(
                                    () -> new IllegalStateException("ordering returned no answer")))
                    .onErrorResume(error -> Mono.just(fault(submission.group(), error)))
                    .doOnNext(this::count)
                    .subscribe(given -> io.onLoop(() -> then.accept(given)));
        }

        /// Also called if the session has ended meanwhile.
        private void count(SubmissionAnswer answer) {
            switch (answer) {
                case SubmissionAnswer.RefusedAnswer refused ->
                        context.rates().refused(parser.client(), refused.code());
                case SubmissionAnswer.AcceptedAnswer accepted when accepted.repeat() -> {}
                case SubmissionAnswer.AcceptedAnswer _ -> {
                    context.quotas().accepted(parser.client(), submission);
                    context.quotas().joined(joined);
                }
            }
        }
    }

    private static SubmissionAnswer fault(GroupId group, Throwable error) {
        LOG.error("group {}: a submission got no answer", group, error);
        return SubmissionAnswer.RefusedAnswer.of(Refusal.of(Code.INTERNAL));
    }

    private void answer(TakenSubmission taken, SubmissionAnswer answer) {
        io.send(
                switch (answer) {
                    case SubmissionAnswer.AcceptedAnswer accepted ->
                            ServerFrames.accepted(taken.requestId(), taken.group(), accepted);
                    case SubmissionAnswer.RefusedAnswer refused -> {
                        context.metrics().refusal(refused.code());
                        yield ServerFrames.refused(taken.requestId(), taken.group(), refused);
                    }
                });
        end(taken);
    }

    private Duration left(TakenSubmission taken) {
        return context.lookupMax().minusNanos(CLOCK.nanos() - taken.atNanos());
    }

    /// Refuses a submission that waited too long for earlier ones in its group.
    private boolean isLate(TakenSubmission taken) {
        if (left(taken).isPositive()) {
            return false;
        }
        answer(
                taken,
                SubmissionAnswer.RefusedAnswer.of(
                        Code.UNAVAILABLE, "earlier submissions to this group took too long"));
        return true;
    }

    /// Starts a look-up; later submissions to the group wait meanwhile.
    private void enqueue(TakenSubmission taken, Mono<LookupOutcome> lookup) {
        var left = left(taken);
        if (isLate(taken)) {
            return;
        }
        queues.hold(taken.group());
        SubmissionLookups.within(taken.group(), left, lookup)
                .subscribe(found -> io.onLoop(() -> submitLookedUp(taken, found)));
    }

    private void submitLookedUp(TakenSubmission taken, LookupOutcome found) {
        switch (found) {
            case LookupOutcome.LookedUp(Submission.CreateSubmission create, _) ->
                    submitCreate(taken, create);
            case LookupOutcome.LookedUp(var submission, var joined) -> {
                submit(taken, submission, joined);
                queues.release(taken.group());
            }
            case LookupOutcome.LookupPostponed(var postponed) -> {
                context.metrics().refusal(postponed.refusal().code());
                io.send(ServerFrames.postponed(taken.requestId(), taken.group(), postponed));
                end(taken);
                queues.release(taken.group());
            }
            case LookupOutcome.LookupRefused(var refusal) -> {
                answer(taken, SubmissionAnswer.RefusedAnswer.of(refusal));
                queues.release(taken.group());
            }
        }
    }
}
