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

    private final List<PoolWorker> ships;
    private final int receivers;

    private WorkerPool(List<PoolWorker> ships, int receivers) {
        this.ships = ships;
        this.receivers = receivers;
    }

    /// @param processes number of processes; 0: as few as possible
    static WorkerPool start(int receivers, int processes, int threads) {
        return start(receivers, receivers, processes, threads);
    }

    /// @param apart from this member on, members are in separate processes
    static WorkerPool start(int receivers, int apart, int processes, int threads) {
        var ships = new ArrayList<PoolWorker>();
        try {
            launch(ships, 0, apart, processes, threads);
            if (apart < receivers) {
                launch(ships, apart, receivers, 0, threads);
            }
        } catch (RuntimeException e) {
            ships.forEach(ship -> ship.process().close());
            throw e;
        }
        return new WorkerPool(ships, receivers);
    }

    private static void launch(
            List<PoolWorker> ships, int from, int to, int processes, int threads) {
        int members = to - from;
        int count =
                processes > 0
                        ? processes
                        : Math.max(1, Math.ceilDiv(members, RECEIVERS_PER_PROCESS));
        for (int i = 0; i < count; i++) {
            int first = from + (int) ((long) members * i / count);
            int end = from + (int) ((long) members * (i + 1) / count);
            ships.add(new PoolWorker(WorkerProcess.start(threads), first, end - first));
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
                ships,
                ship ->
                        new WorkerRequest.OpenConnections(
                                dialect,
                                urls,
                                ship.first(),
                                ship.count(),
                                name,
                                seats,
                                buffers,
                                share(schedule, ships.size()),
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
        var order = new WorkerRequest.ReopenConnections(share(schedule, those.size()));
        return opened(those, _ -> order, screen, "connecting receivers again");
    }

    private List<PoolWorker> upTo(int end) {
        return ships.stream().filter(ship -> ship.first() < end).toList();
    }

    private static Schedule share(Schedule schedule, int processes) {
        return new Schedule(schedule.startNanos(), schedule.perSecond() / processes);
    }

    private OpenResult opened(
            List<PoolWorker> those,
            Function<PoolWorker, WorkerRequest> order,
            ConsoleReporter screen,
            String what) {
        int expected = those.stream().mapToInt(PoolWorker::count).sum();
        those.forEach(ship -> ship.process().tell(order.apply(ship)));
        var latency = new Histogram(3);
        int open = 0;
        int retries = 0;
        var faults = new ArrayList<String>();
        try (var progress = screen.progress(what, expected)) {
            for (var ship : those) {
                int before = open;
                var reply =
                        ship.process()
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
        all(ship ->
                new WorkerRequest.StallReceivers(
                        Math.clamp((long) count - ship.first(), 0, ship.count())));
    }

    /// Stops all receivers: they neither read nor use CPU until [#thaw].
    void freeze() {
        ships.forEach(ship -> ship.process().freeze());
    }

    void thaw() {
        ships.forEach(ship -> ship.process().thaw());
    }

    void begin(long startNanos) {
        all(new WorkerRequest.BeginRound(startNanos));
    }

    private void all(WorkerRequest order) {
        all(_ -> order);
    }

    private void all(Function<PoolWorker, WorkerRequest> order) {
        all(ships, order);
    }

    private static void all(List<PoolWorker> those, Function<PoolWorker, WorkerRequest> order) {
        those.forEach(ship -> ship.process().tell(order.apply(ship)));
        those.forEach(ship -> ship.process().reply(WorkerReply.Done.class, WorkerPool::ignore));
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
        for (var ship : ships) {
            long sum =
                    IntStream.range(ship.first(), ship.first() + ship.count())
                            .mapToLong(expected)
                            .sum();
            ship.process().tell(new WorkerRequest.AwaitDeliveries(sum, max.toMillis()));
            sums.add(sum);
        }
        long missing = 0;
        for (int i = 0; i < ships.size(); i++) {
            var done = ships.get(i).process().reply(WorkerReply.Done.class, WorkerPool::ignore);
            missing += Math.max(0, sums.get(i) - done.deliveries());
        }
        return missing;
    }

    RoundResult report() {
        ships.forEach(ship -> ship.process().tell(new WorkerRequest.ReportRound()));
        var seen = new RoundResult();
        ships.forEach(ship ->
                seen.add(ship.process().reply(WorkerReply.RoundTally.class, WorkerPool::ignore)));
        return seen;
    }

    @Override
    public void close() {
        ships.forEach(ship -> ship.process().close());
    }
}
