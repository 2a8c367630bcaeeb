package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.log.Content;
import io.lockstep.ordering.Answer;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Send;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// What one session submits, from frame to answer. Each submission gets one answer.
///
/// ```
/// 0 ≤ in flight ≤ submissionsInFlightMax        0 ≤ bytes in flight ≤ 2 · frameBytesMax
/// ```
final class Submissions {
    private static final Logger log = LoggerFactory.getLogger(Submissions.class);

    private final SessionContext context;
    private final SubmissionReader reader;
    private final FrameSink sink;
    private final Runnable answered;
    private final SubmissionLanes lanes = new SubmissionLanes();
    private int inFlight;
    private long bytesInFlight;

    /// @param answered called after each answer
    Submissions(
            SessionContext context, SubmissionReader reader, FrameSink sink, Runnable answered) {
        this.context = context;
        this.reader = reader;
        this.sink = sink;
        this.answered = answered;
    }

    int inFlight() {
        return inFlight;
    }

    void create(long requestId, Create create) {
        take(requestId, () -> reader.create(create));
    }

    void send(long requestId, Send send) {
        take(requestId, () -> reader.send(send));
    }

    void commit(long requestId, Commit commit) {
        take(requestId, () -> reader.commit(commit));
    }

    private void take(long requestId, Supplier<Reading> reading) {
        if (inFlight >= context.limits().submissionsInFlightMax()
                || bytesInFlight > context.limits().frameBytesMax()) {
            context.metrics().refusal(Code.TOO_MANY_IN_FLIGHT);
            sink.send(
                    Answers.refused(
                            requestId,
                            Code.TOO_MANY_IN_FLIGHT,
                            inFlight + " submissions of this session are unanswered"));
            return;
        }
        switch (reading.get()) {
            case Reading.Refused(var code, var detail) -> {
                context.metrics().refusal(code);
                sink.send(Answers.refused(requestId, code, detail));
            }
            case Reading.RefusedInGroup(var group, var code, var detail) -> {
                context.metrics().refusal(code);
                sink.send(Answers.refused(requestId, group, code, detail));
            }
            case Reading.Whole(var submission) -> {
                begin(submission);
                lanes.run(submission.group(), () -> submit(requestId, submission));
            }
            case Reading.Unchecked(var create) -> {
                begin(create);
                lanes.run(create.group(), () -> check(requestId, create));
            }
            case Reading.Unresolved unresolved -> {
                begin(unresolved.commit());
                lanes.run(unresolved.commit().group(), () -> resolve(requestId, unresolved));
            }
        }
    }

    private void begin(Submission submission) {
        inFlight++;
        bytesInFlight += submission.bytes();
    }

    private void end(Submission submission) {
        inFlight--;
        bytesInFlight -= submission.bytes();
        answered.run();
    }

    private void submit(long requestId, Submission submission) {
        context.services()
                .ordering()
                .submit(submission)
                .onErrorResume(error -> Mono.just(fault(submission.group(), error)))
                .subscribe(answer -> sink.onLoop(() -> answer(requestId, submission, answer)));
    }

    private static Answer fault(GroupId group, Throwable error) {
        log.error("group {}: a submission got no answer", group, error);
        return Answer.Refused.of(Code.INTERNAL, Code.INTERNAL.meaning());
    }

    private void answer(long requestId, Submission submission, Answer answer) {
        sink.send(
                switch (answer) {
                    case Answer.Accepted accepted ->
                            Answers.accepted(requestId, submission.group(), accepted);
                    case Answer.Refused refused -> {
                        context.metrics().refusal(refused.code());
                        yield Answers.refused(requestId, submission.group(), refused);
                    }
                });
        end(submission);
    }

    /// What a GroupInfo says is checked first; later submissions to the group wait meanwhile.
    private void check(long requestId, Submission.Create create) {
        lanes.hold(create.group());
        Mono.fromSupplier(() -> checked(create, create.groupInfo()))
                .subscribeOn(Schedulers.boundedElastic())
                .onErrorResume(error -> Mono.just(notFound(create.group(), error)))
                .subscribe(found -> sink.onLoop(() -> go(requestId, create, found)));
    }

    private static Found checked(Submission submission, Bytes groupInfo) {
        return GroupInfoRule.broken(groupInfo, Bytes.EMPTY)
                .<Found>map(detail -> new Found.Not(Code.INVALID_GROUP_INFO, detail))
                .orElseGet(() -> new Found.Whole(submission));
    }

    /// Who joins is looked up first; later submissions to the group wait meanwhile.
    private void resolve(long requestId, Reading.Unresolved reading) {
        var commit = reading.commit();
        lanes.hold(commit.group());
        owners(reading.joiners())
                .publishOn(Schedulers.boundedElastic())
                .map(owners -> found(reading, owners))
                .onErrorResume(error -> Mono.just(notFound(commit.group(), error)))
                .subscribe(found -> sink.onLoop(() -> go(requestId, commit, found)));
    }

    private Mono<Map<Bytes, ClientId>> owners(List<Bytes> refs) {
        return refs.isEmpty()
                ? Mono.just(Map.of())
                : context.services().keyPackageStore().owners(refs);
    }

    private Found found(Reading.Unresolved reading, Map<Bytes, ClientId> owners) {
        var commit =
                reader.withRoster(
                        reading.commit(), reading.declared(), Set.copyOf(owners.values()));
        return checked(
                owners.keySet().containsAll(reading.joiners())
                        ? commit
                        : commit.withUnknownJoiners(),
                inline(commit.groupInfo()));
    }

    private static Bytes inline(Optional<Content> content) {
        return content.isPresent() && content.get() instanceof Content.Inline(var bytes)
                ? bytes
                : Bytes.EMPTY;
    }

    private sealed interface Found {
        record Whole(Submission submission) implements Found {}

        record Not(Code code, String detail) implements Found {}
    }

    private static Found notFound(GroupId group, Throwable error) {
        if (error instanceof DirectoryUnavailableException) {
            log.warn("group {}: a submission not looked into: {}", group, error.toString());
            return new Found.Not(Code.UNAVAILABLE, Code.UNAVAILABLE.meaning());
        }
        log.error("group {}: a submission not looked into", group, error);
        return new Found.Not(Code.INTERNAL, Code.INTERNAL.meaning());
    }

    private void go(long requestId, Submission submission, Found found) {
        switch (found) {
            case Found.Whole(var whole) -> submit(requestId, whole);
            case Found.Not(var code, var detail) ->
                    answer(requestId, submission, Answer.Refused.of(code, detail));
        }
        lanes.release(submission.group());
    }
}
