package io.lockstep.client.load;

import io.lockstep.client.load.traffic.Dialect;
import io.lockstep.client.load.traffic.Histograms;
import io.lockstep.client.load.traffic.Order;
import io.lockstep.client.load.traffic.Reply;
import io.lockstep.client.load.traffic.Schedule;
import io.lockstep.client.load.traffic.WorkerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/// The processes with receivers, as one. Confined to one thread.
final class Fleet implements AutoCloseable {
    /// Sockets of one process, below the 20,000 files that many systems allow it.
    private static final int RECEIVERS_PER_PROCESS = 18_000;

    /// Members `[first, first + count)`.
    private record Ship(WorkerProcess process, int first, int count) {}

    /// @param latency from the intended moment
    record Opened(int open, Histogram latency) {}

    private final List<Ship> ships;
    private final int receivers;

    private Fleet(List<Ship> ships, int receivers) {
        this.ships = ships;
        this.receivers = receivers;
    }

    /// @param processes 0 for as few as hold them
    static Fleet start(int receivers, int processes, int threads) {
        int count =
                processes > 0
                        ? processes
                        : Math.max(1, Math.ceilDiv(receivers, RECEIVERS_PER_PROCESS));
        var ships = new ArrayList<Ship>();
        try {
            for (int i = 0; i < count; i++) {
                int first = (int) ((long) receivers * i / count);
                int end = (int) ((long) receivers * (i + 1) / count);
                ships.add(new Ship(WorkerProcess.start(threads), first, end - first));
            }
        } catch (RuntimeException e) {
            ships.forEach(ship -> ship.process().close());
            throw e;
        }
        return new Fleet(ships, receivers);
    }

    int receivers() {
        return receivers;
    }

    int processes() {
        return ships.size();
    }

    /// @param name of the receivers' users, before their numbers
    /// @param schedule of all connections together; rate 0 for as fast as it goes
    /// @throws BenchException when not all get there
    Opened open(
            Dialect dialect,
            List<String> urls,
            String name,
            List<Order.Seats> seats,
            Schedule schedule,
            boolean trustAll,
            Screen screen) {
        return opened(
                ship ->
                        new Order.Open(
                                dialect,
                                urls,
                                ship.first(),
                                ship.count(),
                                name,
                                seats,
                                share(schedule),
                                trustAll),
                screen,
                "connecting receivers");
    }

    Opened reopen(Schedule schedule, Screen screen) {
        return opened(_ -> new Order.Reopen(share(schedule)), screen, "connecting receivers again");
    }

    private Schedule share(Schedule schedule) {
        return new Schedule(schedule.startNanos(), schedule.perSecond() / ships.size());
    }

    private Opened opened(Function<Ship, Order> order, Screen screen, String what) {
        ships.forEach(ship -> ship.process().tell(order.apply(ship)));
        var latency = new Histogram(3);
        int open = 0;
        var faults = new ArrayList<String>();
        try (var progress = screen.progress(what, receivers)) {
            for (var ship : ships) {
                int before = open;
                var reply =
                        ship.process()
                                .reply(
                                        Reply.Opened.class,
                                        p ->
                                                progress.accept(
                                                        new Reply.Progress(
                                                                before + p.done(), receivers)));
                open += reply.open();
                faults.addAll(reply.faults());
                latency.add(Histograms.decode(reply.latency()));
            }
        }
        if (open < receivers) {
            throw new BenchException(
                    "only %,d of %,d receivers are open: %s".formatted(open, receivers, faults));
        }
        return new Opened(open, latency);
    }

    void drop() {
        all(new Order.Drop());
    }

    /// @param count of receivers in each process that stop reading; 0: all read on
    void stall(int count) {
        all(new Order.Stall(count));
    }

    void begin(long startNanos) {
        all(new Order.Begin(startNanos));
    }

    private void all(Order order) {
        ships.forEach(ship -> ship.process().tell(order));
        ships.forEach(ship -> ship.process().reply(Reply.Done.class, Fleet::ignore));
    }

    private static void ignore(Reply.Progress progress) {
        // Only opening tells of it.
    }

    /// Waits until everybody has what is theirs, or the time is over.
    ///
    /// @param expected how many deliveries a member is to have got in this round
    void await(IntToLongFunction expected, Duration max) {
        for (var ship : ships) {
            long sum =
                    IntStream.range(ship.first(), ship.first() + ship.count())
                            .mapToLong(expected)
                            .sum();
            ship.process().tell(new Order.Await(sum, max.toMillis()));
        }
        ships.forEach(ship -> ship.process().reply(Reply.Done.class, Fleet::ignore));
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
