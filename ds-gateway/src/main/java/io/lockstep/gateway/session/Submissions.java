package io.lockstep.gateway.session;

import io.lockstep.gateway.session.SubmissionLookups.Found;
import io.lockstep.gateway.submission.Reading;
import io.lockstep.gateway.submission.SubmissionReader;
import io.lockstep.ordering.Answer;
import io.lockstep.ordering.Submission;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Send;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// What one session submits, from frame to answer. Each submission gets one answer, in time: by [MonotonicClock]
/// it is handed to ordering within `lookupMax` of being taken, whatever is looked up or waited for before, or
/// refused as `unavailable`; ordering answers within its own time.
///
/// ```
/// 0 ≤ in flight ≤ submissionsInFlightMax        0 ≤ bytes in flight ≤ 2 · frameBytesMax
/// ```
final class Submissions {
    private static final Logger log = LoggerFactory.getLogger(Submissions.class);

    private static final MonotonicClock CLOCK = MonotonicClock.SYSTEM;

    private final SessionContext context;
    private final SubmissionReader reader;
    private final SubmissionLookups lookups;
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
        lookups = new SubmissionLookups(context, reader);
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
        int bytes = create.getSerializedSize();
        take(
                requestId,
                bytes,
                () -> submitWait(bytes).or(() -> context.rates().create(reader.client())),
                () -> reader.create(create));
    }

    void send(long requestId, Send send) {
        int bytes = send.getSerializedSize();
        take(requestId, bytes, () -> submitWait(bytes), () -> reader.send(send));
    }

    void commit(long requestId, Commit commit) {
        int bytes = commit.getSerializedSize();
        take(requestId, bytes, () -> submitWait(bytes), () -> reader.commit(commit));
    }

    private Optional<Duration> submitWait(int bytes) {
        return context.rates().submit(reader.client(), bytes);
    }

    /// @param bytes of the frame, all of which may be held until it is answered
    /// @param toWait how long, before one more may be submitted; asked before anything is read
    private void take(
            long requestId,
            int bytes,
            Supplier<Optional<Duration>> toWait,
            Supplier<Reading> reading) {
        if (inFlight >= context.limits().submissionsInFlightMax()
                || bytesInFlight > context.limits().frameBytesMax()) {
            context.metrics().refusal(Code.TOO_MANY_IN_FLIGHT);
            sink.send(
                    Answers.refused(
                            requestId,
                            new Refusal(
                                    Code.TOO_MANY_IN_FLIGHT,
                                    inFlight + " submissions of this session are unanswered")));
            return;
        }
        var wait = toWait.get();
        if (wait.isPresent()) {
            context.metrics().refusal(Code.RATE_LIMITED);
            sink.send(Answers.rateLimited(requestId, wait.get()));
            return;
        }
        gathering = true;
        switch (reading.get()) {
            case Reading.Refused(var refusal) -> {
                context.metrics().refusal(refusal.code());
                sink.send(Answers.refused(requestId, refusal));
            }
            case Reading.RefusedInGroup(var group, var refusal) -> {
                context.metrics().refusal(refusal.code());
                sink.send(Answers.refused(requestId, group, refusal));
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
                lanes.run(commit.group(), () -> inLane(taken, lookups.resolve(unresolved)));
            }
            case Reading.Referring referring -> {
                var taken = begin(requestId, referring.group(), bytes);
                lanes.run(referring.group(), () -> inLane(taken, lookups.follow(referring)));
            }
            case Reading.Founding founding -> {
                var group = founding.create().group();
                var taken = begin(requestId, group, bytes);
                lanes.run(group, () -> inLane(taken, lookups.found(founding)));
            }
        }
    }

    /// A submission that is to be answered.
    ///
    /// @param atNanos when it was taken
    private record Taken(long requestId, GroupId group, int bytes, long number, long atNanos) {}

    private Taken begin(long requestId, GroupId group, int bytes) {
        inFlight++;
        bytesInFlight += bytes;
        return new Taken(requestId, group, bytes, unanswered.begins(group), CLOCK.nanos());
    }

    private void end(Taken taken) {
        inFlight--;
        bytesInFlight -= taken.bytes();
        unanswered.ends(taken.group(), taken.number());
        sink.answered();
    }

    private void submit(Taken taken, Submission submission) {
        if (isLate(taken)) {
            return;
        }
        order(new Gathered(submission, answer -> answer(taken, answer)));
    }

    /// What follows in the same group waits for the answer: until then there is no group in which its author
    /// could be looked up.
    private void submitCreate(Taken taken, Submission.Create create) {
        if (isLate(taken)) {
            lanes.release(taken.group());
            return;
        }
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
            answer.switchIfEmpty(
                            Mono.error(() -> new IllegalStateException("ordering said nothing")))
                    .onErrorResume(error -> Mono.just(fault(submission.group(), error)))
                    .doOnNext(Submissions.this::count)
                    .subscribe(given -> sink.onLoop(() -> then.accept(given)));
        }
    }

    /// Also when the session has ended meanwhile.
    private void count(Answer answer) {
        if (answer instanceof Answer.Refused refused) {
            context.rates().refused(reader.client(), refused.code());
        }
    }

    private static Answer fault(GroupId group, Throwable error) {
        log.error("group {}: a submission got no answer", group, error);
        return Answer.Refused.of(Refusal.of(Code.INTERNAL));
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

    private Duration left(Taken taken) {
        return context.lookupMax().minusNanos(CLOCK.nanos() - taken.atNanos());
    }

    /// Answers what waited too long for those before it in its group.
    private boolean isLate(Taken taken) {
        if (left(taken).isPositive()) {
            return false;
        }
        answer(taken, Answer.Refused.of(Code.UNAVAILABLE, "what came before it took too long"));
        return true;
    }

    /// Something is looked up first; later submissions to the group wait meanwhile.
    private void inLane(Taken taken, Mono<Found> looking) {
        var left = left(taken);
        if (isLate(taken)) {
            return;
        }
        lanes.hold(taken.group());
        SubmissionLookups.within(taken.group(), left, looking)
                .subscribe(found -> sink.onLoop(() -> go(taken, found)));
    }

    private void go(Taken taken, Found found) {
        switch (found) {
            case Found.Whole(Submission.Create create) -> submitCreate(taken, create);
            case Found.Whole(var whole) -> {
                submit(taken, whole);
                lanes.release(taken.group());
            }
            case Found.Not(var refusal) -> {
                answer(taken, Answer.Refused.of(refusal));
                lanes.release(taken.group());
            }
        }
    }
}
