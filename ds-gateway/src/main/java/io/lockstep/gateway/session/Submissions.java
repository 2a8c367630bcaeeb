package io.lockstep.gateway.session;

import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.directory.Joining;
import io.lockstep.gateway.GroupAccess.Access;
import io.lockstep.log.BlobReference;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.ordering.Answer;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Send;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
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
    private final SubmissionLanes lanes = new SubmissionLanes();
    private final Unanswered unanswered;

    /// What came with one reading of the socket, and is ordered together; it is in flight.
    private final List<Gathered> gathered = new ArrayList<>(0);

    /// From the first that is taken until [#handOver].
    private boolean gathering;

    private int inFlight;
    private long bytesInFlight;

    Submissions(SessionContext context, SubmissionReader reader, FrameSink sink) {
        this.context = context;
        this.reader = reader;
        this.sink = sink;
        unanswered = new Unanswered(sink);
    }

    Unanswered unanswered() {
        return unanswered;
    }

    /// All that came with one reading of the socket was taken: orders it.
    void handOver() {
        gathering = false;
        if (gathered.isEmpty()) {
            return;
        }
        var together = List.copyOf(gathered);
        gathered.clear();
        var answers =
                context.services()
                        .ordering()
                        .submitTogether(together.stream().map(Gathered::submission).toList());
        for (int i = 0; i < answers.size(); i++) {
            together.get(i).await(answers.get(i));
        }
    }

    int inFlight() {
        return inFlight;
    }

    // What a client submits waits for [#handOver], which follows when the socket was read.

    void create(long requestId, Create create) {
        take(requestId, create.getSerializedSize(), () -> reader.create(create));
    }

    void send(long requestId, Send send) {
        take(requestId, send.getSerializedSize(), () -> reader.send(send));
    }

    void commit(long requestId, Commit commit) {
        take(requestId, commit.getSerializedSize(), () -> reader.commit(commit));
    }

    /// @param bytes of the frame, all of which may be held until it is answered
    private void take(long requestId, int bytes, Supplier<Reading> reading) {
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
        gathering = true;
        switch (reading.get()) {
            case Reading.Refused(var code, var detail) -> {
                context.metrics().refusal(code);
                sink.send(Answers.refused(requestId, code, detail));
            }
            case Reading.RefusedInGroup(var group, var code, var detail) -> {
                context.metrics().refusal(code);
                sink.send(Answers.refused(requestId, group, code, detail));
            }
            case Reading.Whole(Submission.Create create) -> {
                var taken = begin(requestId, create.group(), bytes);
                lanes.run(create.group(), () -> submitCreate(taken, create));
            }
            case Reading.Whole(var submission) -> {
                var taken = begin(requestId, submission.group(), bytes);
                lanes.run(submission.group(), () -> submit(taken, submission));
            }
            case Reading.Unresolved unresolved -> {
                var commit = unresolved.commit();
                var taken = begin(requestId, commit.group(), bytes);
                lanes.run(commit.group(), () -> inLane(taken, resolve(unresolved)));
            }
            case Reading.Referring referring -> {
                var taken = begin(requestId, referring.group(), bytes);
                lanes.run(referring.group(), () -> inLane(taken, follow(referring)));
            }
            case Reading.Founding founding -> {
                var group = founding.create().group();
                var taken = begin(requestId, group, bytes);
                lanes.run(group, () -> inLane(taken, found(founding)));
            }
        }
    }

    /// A submission that is to be answered.
    private record Taken(long requestId, GroupId group, int bytes, long number) {}

    private Taken begin(long requestId, GroupId group, int bytes) {
        inFlight++;
        bytesInFlight += bytes;
        return new Taken(requestId, group, bytes, unanswered.begins(group));
    }

    private void end(Taken taken) {
        inFlight--;
        bytesInFlight -= taken.bytes();
        unanswered.ends(taken.group(), taken.number());
        sink.answered();
    }

    private void submit(Taken taken, Submission submission) {
        order(new Gathered(submission, answer -> answer(taken, answer)));
    }

    /// What follows in the same group waits for the answer: until then there is no group in which its author
    /// could be looked up.
    private void submitCreate(Taken taken, Submission.Create create) {
        lanes.hold(taken.group());
        order(
                new Gathered(
                        create,
                        answer -> {
                            answer(taken, answer);
                            lanes.release(taken.group());
                        }));
    }

    private void order(Gathered next) {
        if (gathering) {
            gathered.add(next);
        } else {
            next.await(context.services().ordering().submit(next.submission));
        }
    }

    /// A submission on its way to ordering, and what to do with its answer.
    private final class Gathered {
        private final Submission submission;
        private final Consumer<Answer> then;

        Gathered(Submission submission, Consumer<Answer> then) {
            this.submission = submission;
            this.then = then;
        }

        Submission submission() {
            return submission;
        }

        void await(Mono<Answer> answer) {
            answer.onErrorResume(error -> Mono.just(fault(submission.group(), error)))
                    .subscribe(given -> sink.onLoop(() -> then.accept(given)));
        }
    }

    private static Answer fault(GroupId group, Throwable error) {
        log.error("group {}: a submission got no answer", group, error);
        return Answer.Refused.of(Code.INTERNAL, Code.INTERNAL.meaning());
    }

    private void answer(Taken taken, Answer answer) {
        sink.send(
                switch (answer) {
                    case Answer.Accepted accepted ->
                            Answers.accepted(taken.requestId(), taken.group(), accepted);
                    case Answer.Refused refused -> {
                        context.metrics().refusal(refused.code());
                        yield Answers.refused(taken.requestId(), taken.group(), refused);
                    }
                });
        end(taken);
    }

    /// What there was to look up before a submission could go on.
    private sealed interface Found {
        record Whole(Submission submission) implements Found {}

        record Not(Code code, String detail) implements Found {}

        static Found not(Code code) {
            return new Not(code, code.meaning());
        }
    }

    /// Something is looked up first; later submissions to the group wait meanwhile.
    private void inLane(Taken taken, Mono<Found> looking) {
        lanes.hold(taken.group());
        looking.onErrorResume(error -> Mono.just(notFound(taken.group(), error)))
                .subscribe(found -> sink.onLoop(() -> go(taken, found)));
    }

    private void go(Taken taken, Found found) {
        switch (found) {
            case Found.Whole(Submission.Create create) -> submitCreate(taken, create);
            case Found.Whole(var whole) -> {
                submit(taken, whole);
                lanes.release(taken.group());
            }
            case Found.Not(var code, var detail) -> {
                answer(taken, Answer.Refused.of(code, detail));
                lanes.release(taken.group());
            }
        }
    }

    private static Found notFound(GroupId group, Throwable error) {
        if (error instanceof DirectoryUnavailableException
                || error instanceof LogUnavailableException) {
            log.warn("group {}: a submission not looked into: {}", group, error.toString());
            return Found.not(Code.UNAVAILABLE);
        }
        log.error("group {}: a submission not looked into", group, error);
        return Found.not(Code.INTERNAL);
    }

    /// Who joins.
    private Mono<Found> resolve(Reading.Unresolved reading) {
        return joining(reading.commit().group(), reading.joiners())
                .flatMap(joining ->
                        refusal(reading, joining)
                                .map(Optional::of)
                                .defaultIfEmpty(Optional.empty())
                                .publishOn(Schedulers.boundedElastic())
                                .map(why -> withRoster(reading, joining, why)));
    }

    private Mono<Joining> joining(GroupId group, List<Bytes> refs) {
        return refs.isEmpty()
                ? Mono.just(Joining.NOBODY)
                : context.services().keyPackageStore().joining(group, refs);
    }

    /// Why those that the commit adds cannot join; empty when they can.
    private Mono<Code> refusal(Reading.Unresolved reading, Joining joining) {
        if (!joining.used().isEmpty()) {
            return Mono.just(Code.KEY_PACKAGE_USED);
        }
        if (!joining.owners().keySet().containsAll(reading.joiners())) {
            return Mono.just(Code.UNKNOWN_KEY_PACKAGE);
        }
        var added = new HashSet<>(reading.declared().add());
        added.addAll(joining.owners().values());
        return context.services()
                .keyPackageStore()
                .gone(added)
                .flatMap(gone ->
                        Mono.justOrEmpty(
                                gone.isEmpty()
                                        ? Optional.empty()
                                        : Optional.of(Code.JOINER_REVOKED)));
    }

    private Found withRoster(Reading.Unresolved reading, Joining joining, Optional<Code> refusal) {
        var commit =
                reader.withRoster(
                        reading.commit(),
                        reading.declared(),
                        Set.copyOf(joining.owners().values()));
        return checked(
                refusal.map(commit::withJoinersRefused).orElse(commit),
                reading.newEpoch().groupInfo(),
                reading.newEpoch().tree());
    }

    private static Found checked(Submission submission, Bytes groupInfo, Bytes tree) {
        return GroupInfoRule.broken(groupInfo, tree)
                .<Found>map(detail -> new Found.Not(Code.INVALID_GROUP_INFO, detail))
                .orElseGet(() -> new Found.Whole(submission));
    }

    /// What it refers to; not for whom the group is none of their business.
    private Mono<Found> follow(Reading.Referring reading) {
        return context.access()
                .of(reading.group(), reader.client())
                .flatMap(access ->
                        switch (access) {
                            case Access.Granted _ ->
                                    context.blobs()
                                            .inTurn(
                                                    store(reading.group(), reading.stored())
                                                            .then(fetchAndRead(reading)));
                            case Access.Former(var lastVisible) ->
                                    followAgain(reading, lastVisible);
                            case Access.None(var code) -> Mono.just(Found.not(code));
                        });
    }

    /// Who was removed may send again what it sent before, to learn its outcome, and nothing else: what was
    /// accepted then refers to blobs that it was shown.
    private Mono<Found> followAgain(Reading.Referring reading, long lastVisible) {
        return Flux.fromIterable(reading.references())
                .concatMap(reference -> context.blobs().info(reading.group(), reference.sha256()))
                .filter(info -> info.isShownUpTo(lastVisible))
                .count()
                .flatMap(shown ->
                        shown == reading.references().size()
                                ? context.blobs().inTurn(fetchAndRead(reading))
                                : Mono.just(Found.not(Code.REMOVED)));
    }

    private Mono<Found> fetchAndRead(Reading.Referring reading) {
        return Flux.fromIterable(reading.references())
                .concatMap(reference ->
                        context.blobs()
                                .get(reading.group(), reference.sha256())
                                .map(bytes -> Map.entry(reference, bytes)))
                .collectList()
                .publishOn(Schedulers.boundedElastic())
                .flatMap(fetched -> read(reading, fetched));
    }

    private Mono<Found> read(
            Reading.Referring reading, List<Map.Entry<BlobReference, Bytes>> fetched) {
        if (fetched.size() < reading.references().size()) {
            return Mono.just(Found.not(Code.UNKNOWN_REFERENCE));
        }
        var contents = new HashMap<Bytes, Bytes>();
        for (var one : fetched) {
            if (one.getKey().size() != one.getValue().size()) {
                return Mono.just(Found.not(Code.REFERENCE_MISMATCH));
            }
            contents.put(one.getKey().sha256(), one.getValue());
        }
        return switch (reading.then().read(new Reading.Contents(contents))) {
            case Reading.Whole(var submission) -> Mono.just(new Found.Whole(submission));
            case Reading.Unresolved unresolved -> resolve(unresolved);
            case Reading.Refused(var code, var detail) -> Mono.just(new Found.Not(code, detail));
            case Reading.RefusedInGroup(_, var code, var detail) ->
                    Mono.just(new Found.Not(code, detail));
            case Reading.Referring _, Reading.Founding _ ->
                    throw new IllegalStateException("everything was fetched");
        };
    }

    private Mono<Void> store(GroupId group, List<Bytes> contents) {
        return Flux.fromIterable(contents)
                .concatMap(content -> context.blobs().put(group, content.sha256(), content))
                .then();
    }

    /// A new group's tree is stored before the group is there; not into a group that is there.
    private Mono<Found> found(Reading.Founding founding) {
        var create = founding.create();
        return Mono.fromSupplier(
                        () -> checked(founding.withTree(), create.groupInfo(), founding.tree()))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(found ->
                        found instanceof Found.Whole && !founding.tree().isEmpty()
                                ? storeTree(founding).map(Found.Whole::new)
                                : Mono.just(found));
    }

    private Mono<Submission> storeTree(Reading.Founding founding) {
        var group = founding.create().group();
        return context.services()
                .log()
                .policy(group)
                .defaultIfEmpty(Optional.empty())
                .flatMap(there ->
                        there.isPresent()
                                ? Mono.just(founding.create())
                                : store(group, List.of(founding.tree()))
                                        .then(Mono.fromSupplier(founding::withTree)));
    }
}
