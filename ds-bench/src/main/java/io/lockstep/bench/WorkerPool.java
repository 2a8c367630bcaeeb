package io.lockstep.bench;

import io.lockstep.bench.traffic.Dialect;
import io.lockstep.bench.traffic.Histograms;
import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.SocketBuffers;
import io.lockstep.bench.traffic.WorkerProcess;
import io.lockstep.bench.traffic.WorkerReply;
import io.lockstep.bench.traffic.WorkerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/// The pool of receiver processes, used as one. Confined to one thread.
final class WorkerPool implements AutoCloseable {
    /// Sockets of one process: below the limit of 20,000 files that many systems set.
    private static final int RECEIVERS_PER_PROCESS = 18_000;

    /// The members `[first, first + count)`.
    private record PoolWorker(WorkerProcess process, int first, int count) {}

    /// @param latency from the intended moment to the open connection
    /// @param retries how often a server deferred a connection that was then retried
    record OpenResult(int open, int retries, Histogram latency) {}

    private final List<PoolWorker> workers;
    private final int receivers;

    private WorkerPool(List<PoolWorker> workers, int receivers) {
        this.workers = workers;
        this.receivers = receivers;
    }

    /// @param processes number of processes; 0: as few as possible
    static WorkerPool start(int receivers, int processes, int threads) {
        return start(receivers, receivers, processes, threads);
    }

    /// @param apart from this member on, members are in separate processes
    static WorkerPool start(int receivers, int apart, int processes, int threads) {
        var workers = new ArrayList<PoolWorker>();
        try {
            launch(workers, 0, apart, processes, threads);
            if (apart < receivers) {
                launch(workers, apart, receivers, 0, threads);
            }
        } catch (RuntimeException e) {
            workers.forEach(worker -> worker.process().close());
            throw e;
        }
        return new WorkerPool(workers, receivers);
    }

    private static void launch(
            List<PoolWorker> workers, int from, int to, int processes, int threads) {
        int members = to - from;
        int count =
                processes > 0
                        ? processes
                        : Math.max(1, Math.ceilDiv(members, RECEIVERS_PER_PROCESS));
        for (int i = 0; i < count; i++) {
            int first = from + (int) ((long) members * i / count);
            int end = from + (int) ((long) members * (i + 1) / count);
            workers.add(new PoolWorker(WorkerProcess.start(threads), first, end - first));
        }
    }

    int receivers() {
        return receivers;
    }

    /// @param name prefix of the receivers' user names, before their numbers
    /// @param buffers socket buffers of the receivers that do not use the kernel's default
    /// @param schedule schedule of all connections together; rate 0: no limit
    /// @throws BenchException when a connection does not open
    OpenResult open(
            Dialect dialect,
            List<String> urls,
            String name,
            List<WorkerRequest.GroupAssignment> seats,
            SocketBuffers buffers,
            Schedule schedule,
            boolean trustAll,
            ConsoleReporter screen) {
        return opened(
                workers,
                worker ->
                        new WorkerRequest.OpenConnections(
                                dialect,
                                urls,
                                worker.first(),
                                worker.count(),
                                name,
                                seats,
                                buffers,
                                share(schedule, workers.size()),
                                trustAll),
                screen,
                "connecting receivers");
    }

    OpenResult reopen(Schedule schedule, ConsoleReporter screen) {
        return reopen(receivers, schedule, screen);
    }

    /// @param end the first members, up to where others have processes of their own
    OpenResult reopen(int end, Schedule schedule, ConsoleReporter screen) {
        var those = upTo(end);
        var request = new WorkerRequest.ReopenConnections(share(schedule, those.size()));
        return opened(those, _ -> request, screen, "connecting receivers again");
    }

    private List<PoolWorker> upTo(int end) {
        return workers.stream().filter(worker -> worker.first() < end).toList();
    }

    private static Schedule share(Schedule schedule, int processes) {
        return new Schedule(schedule.startNanos(), schedule.perSecond() / processes);
    }

    private OpenResult opened(
            List<PoolWorker> those,
            Function<PoolWorker, WorkerRequest> request,
            ConsoleReporter screen,
            String what) {
        int expected = those.stream().mapToInt(PoolWorker::count).sum();
        those.forEach(worker -> worker.process().tell(request.apply(worker)));
        var latency = new Histogram(3);
        int open = 0;
        int retries = 0;
        var faults = new ArrayList<String>();
        try (var progress = screen.progress(what, expected)) {
            for (var worker : those) {
                int before = open;
                var reply =
                        worker.process()
                                .reply(
                                        WorkerReply.Opened.class,
                                        p ->
                                                progress.accept(
                                                        new WorkerReply.OpenProgress(
                                                                before + p.done(), expected)));
                open += reply.open();
                retries += reply.retries();
                faults.addAll(reply.faults());
                latency.add(Histograms.decode(reply.latency()));
            }
        }
        if (open < expected) {
            throw new BenchException(
                    "only %,d of %,d receivers are open: %s".formatted(open, expected, faults));
        }
        return new OpenResult(open, retries, latency);
    }

    void drop() {
        drop(receivers);
    }

    /// @param end the first members, up to where others have processes of their own
    void drop(int end) {
        all(upTo(end), _ -> new WorkerRequest.CloseConnections());
    }

    /// @param count number of the first receivers that stop reading; all others continue
    void stall(int count) {
        all(worker ->
                new WorkerRequest.StallReceivers(
                        Math.clamp((long) count - worker.first(), 0, worker.count())));
    }

    /// Stops all receivers: they neither read nor use CPU until [#thaw].
    void freeze() {
        workers.forEach(worker -> worker.process().freeze());
    }

    void thaw() {
        workers.forEach(worker -> worker.process().thaw());
    }

    void begin(long startNanos) {
        all(new WorkerRequest.BeginRound(startNanos));
    }

    private void all(WorkerRequest request) {
        all(_ -> request);
    }

    private void all(Function<PoolWorker, WorkerRequest> request) {
        all(workers, request);
    }

    private static void all(List<PoolWorker> those, Function<PoolWorker, WorkerRequest> request) {
        those.forEach(worker -> worker.process().tell(request.apply(worker)));
        those.forEach(worker -> worker.process().reply(WorkerReply.Done.class, WorkerPool::ignore));
    }

    private static void ignore(WorkerReply.OpenProgress progress) {
        // Only the reply to opening reports it.
    }

    /// Waits until all receivers have their deliveries, or the time is over.
    ///
    /// @param expected number of deliveries that a member must get in this round
    /// @return number of missing deliveries
    long await(IntToLongFunction expected, Duration max) {
        var sums = new ArrayList<Long>();
        for (var worker : workers) {
            long sum =
                    IntStream.range(worker.first(), worker.first() + worker.count())
                            .mapToLong(expected)
                            .sum();
            worker.process().tell(new WorkerRequest.AwaitDeliveries(sum, max.toMillis()));
            sums.add(sum);
        }
        long missing = 0;
        for (int i = 0; i < workers.size(); i++) {
            var done = workers.get(i).process().reply(WorkerReply.Done.class, WorkerPool::ignore);
            missing += Math.max(0, sums.get(i) - done.deliveries());
        }
        return missing;
    }

    RoundResult report() {
        workers.forEach(worker -> worker.process().tell(new WorkerRequest.ReportRound()));
        var seen = new RoundResult();
        workers.forEach(worker ->
                seen.add(worker.process().reply(WorkerReply.RoundTally.class, WorkerPool::ignore)));
        return seen;
    }

    @Override
    public void close() {
        workers.forEach(worker -> worker.process().close());
    }
}
