package io.lockstep.bench;

import io.lockstep.bench.traffic.Buffers;
import io.lockstep.bench.traffic.Dialect;
import io.lockstep.bench.traffic.Histograms;
import io.lockstep.bench.traffic.Order;
import io.lockstep.bench.traffic.Reply;
import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.WorkerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/// The pool of receiver processes, used as one. Confined to one thread.
final class Fleet implements AutoCloseable {
    /// Sockets of one process: below the limit of 20,000 files that many systems set.
    private static final int RECEIVERS_PER_PROCESS = 18_000;

    /// The members `[first, first + count)`.
    private record Ship(WorkerProcess process, int first, int count) {}

    /// @param latency from the intended moment to the open connection
    /// @param retries how often a server deferred a connection that was then retried
    record Opened(int open, int retries, Histogram latency) {}

    private final List<Ship> ships;
    private final int receivers;

    private Fleet(List<Ship> ships, int receivers) {
        this.ships = ships;
        this.receivers = receivers;
    }

    /// @param processes number of processes; 0: as few as possible
    static Fleet start(int receivers, int processes, int threads) {
        return start(receivers, receivers, processes, threads);
    }

    /// @param apart from this member on, members are in separate processes
    static Fleet start(int receivers, int apart, int processes, int threads) {
        var ships = new ArrayList<Ship>();
        try {
            launch(ships, 0, apart, processes, threads);
            if (apart < receivers) {
                launch(ships, apart, receivers, 0, threads);
            }
        } catch (RuntimeException e) {
            ships.forEach(ship -> ship.process().close());
            throw e;
        }
        return new Fleet(ships, receivers);
    }

    private static void launch(List<Ship> ships, int from, int to, int processes, int threads) {
        int members = to - from;
        int count =
                processes > 0
                        ? processes
                        : Math.max(1, Math.ceilDiv(members, RECEIVERS_PER_PROCESS));
        for (int i = 0; i < count; i++) {
            int first = from + (int) ((long) members * i / count);
            int end = from + (int) ((long) members * (i + 1) / count);
            ships.add(new Ship(WorkerProcess.start(threads), first, end - first));
        }
    }

    int receivers() {
        return receivers;
    }

    /// @param name prefix of the receivers' user names, before their numbers
    /// @param buffers socket buffers of the receivers that do not use the kernel's default
    /// @param schedule schedule of all connections together; rate 0: no limit
    /// @throws BenchException when a connection does not open
    Opened open(
            Dialect dialect,
            List<String> urls,
            String name,
            List<Order.Seats> seats,
            Buffers buffers,
            Schedule schedule,
            boolean trustAll,
            Screen screen) {
        return opened(
                ships,
                ship ->
                        new Order.Open(
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

    Opened reopen(Schedule schedule, Screen screen) {
        return reopen(receivers, schedule, screen);
    }

    /// @param end the first members, up to where others have processes of their own
    Opened reopen(int end, Schedule schedule, Screen screen) {
        var those = upTo(end);
        var order = new Order.Reopen(share(schedule, those.size()));
        return opened(those, _ -> order, screen, "connecting receivers again");
    }

    private List<Ship> upTo(int end) {
        return ships.stream().filter(ship -> ship.first() < end).toList();
    }

    private static Schedule share(Schedule schedule, int processes) {
        return new Schedule(schedule.startNanos(), schedule.perSecond() / processes);
    }

    private Opened opened(
            List<Ship> those, Function<Ship, Order> order, Screen screen, String what) {
        int expected = those.stream().mapToInt(Ship::count).sum();
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
                                        Reply.Opened.class,
                                        p ->
                                                progress.accept(
                                                        new Reply.Progress(
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
        return new Opened(open, retries, latency);
    }

    void drop() {
        drop(receivers);
    }

    /// @param end the first members, up to where others have processes of their own
    void drop(int end) {
        all(upTo(end), _ -> new Order.Drop());
    }

    /// @param count number of the first receivers that stop reading; all others continue
    void stall(int count) {
        all(ship -> new Order.Stall(Math.clamp((long) count - ship.first(), 0, ship.count())));
    }

    /// Stops all receivers: they neither read nor use CPU until [#thaw].
    void freeze() {
        ships.forEach(ship -> ship.process().freeze());
    }

    void thaw() {
        ships.forEach(ship -> ship.process().thaw());
    }

    void begin(long startNanos) {
        all(new Order.Begin(startNanos));
    }

    private void all(Order order) {
        all(_ -> order);
    }

    private void all(Function<Ship, Order> order) {
        all(ships, order);
    }

    private static void all(List<Ship> those, Function<Ship, Order> order) {
        those.forEach(ship -> ship.process().tell(order.apply(ship)));
        those.forEach(ship -> ship.process().reply(Reply.Done.class, Fleet::ignore));
    }

    private static void ignore(Reply.Progress progress) {
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
            ship.process().tell(new Order.Await(sum, max.toMillis()));
            sums.add(sum);
        }
        long missing = 0;
        for (int i = 0; i < ships.size(); i++) {
            var done = ships.get(i).process().reply(Reply.Done.class, Fleet::ignore);
            missing += Math.max(0, sums.get(i) - done.deliveries());
        }
        return missing;
    }

    Seen report() {
        ships.forEach(ship -> ship.process().tell(new Order.Report()));
        var seen = new Seen();
        ships.forEach(ship -> seen.add(ship.process().reply(Reply.Tally.class, Fleet::ignore)));
        return seen;
    }

    @Override
    public void close() {
        ships.forEach(ship -> ship.process().close());
    }
}
