package io.lockstep.bench.traffic;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// Executes the coordinator's requests in one worker process: opens, measures, stalls and closes
/// receivers. Confined to the thread that executes the requests.
final class ReceiverPool implements AutoCloseable {
    private static final int OPENING_AT_ONCE = 256;
    private static final Duration OPENING_MAX = Duration.ofMinutes(3);

    /// How long receivers may take to catch up.
    private static final Duration REOPENING_MAX = Duration.ofMinutes(10);

    /// Longest wait of a receiver that the server deferred, before it retries.
    private static final int LATER_MILLIS_MAX = 1_000;

    private static final int FAULTS_TOLD = 5;
    private static final long POLL_NANOS = 500_000;
    private static final int PROGRESS_EVERY = 100;

    private final int threads;
    private final Consumer<WorkerReply> progress;
    private final List<LoopTally> tallies = new ArrayList<>();

    /// Event loops set elements too, when a receiver reconnects.
    private final List<Receiver> receivers = Collections.synchronizedList(new ArrayList<>());

    private @Nullable Network network;
    private SocketBuffers buffers = SocketBuffers.systems();
    private int firstMember;
    private double cpuBefore;

    /// Number of the first receivers that do not read.
    private int asleep;

    /// Indexes in [#receivers] of receivers that stalled and now read again.
    private final Set<Integer> awake = new TreeSet<>();

    ReceiverPool(int threads, Consumer<WorkerReply> progress) {
        this.threads = threads;
        this.progress = progress;
    }

    WorkerReply execute(WorkerRequest request) throws InterruptedException {
        return switch (request) {
            case WorkerRequest.OpenConnections open -> open(open);
            case WorkerRequest.CloseConnections _ -> drop();
            case WorkerRequest.ReopenConnections reopen -> reopen(reopen.schedule());
            case WorkerRequest.BeginRound begin -> {
                onLoops(tally -> tally.beginRound(begin.startNanos()));
                cpuBefore = cpuSeconds();
                yield new WorkerReply.Done(0);
            }
            case WorkerRequest.AwaitDeliveries await -> await(await);
            case WorkerRequest.ReportRound _ -> report();
            case WorkerRequest.StallReceivers stall -> stall(stall.count());
        };
    }

    /// Connections in progress, each with its intended moment.
    private final class PendingConnects implements Receiver.ReceiverListener {
        private final Semaphore room = new Semaphore(OPENING_AT_ONCE);
        private final CountDownLatch left;
        private final AtomicInteger open = new AtomicInteger();
        private final AtomicInteger retries = new AtomicInteger();
        private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
        private final Histogram latency = new ConcurrentHistogram(3);
        private final Schedule schedule;
        private final int first;
        private final int count;

        PendingConnects(Schedule schedule, int first, int count) {
            this.schedule = schedule;
            this.first = first;
            this.count = count;
            left = new CountDownLatch(count);
        }

        void connect(Network sockets, Receiver receiver) throws InterruptedException {
            if (schedule.perSecond() > 0) {
                Schedule.awaitNanos(schedule.intended(receiver.number() - first));
            } else {
                room.acquire();
            }
            ReceiverPool.this.connect(sockets, receiver);
        }

        @Override
        public void open(Receiver receiver) {
            long intended = schedule.intended(receiver.number() - first);
            latency.recordValue(Math.max(0, System.nanoTime() - intended));
            int done = open.incrementAndGet();
            if (done % PROGRESS_EVERY == 0) {
                progress.accept(new WorkerReply.OpenProgress(done, count));
            }
            settled();
        }

        @Override
        public void failed(Receiver receiver, String why) {
            if (faults.size() < FAULTS_TOLD) {
                faults.add("member " + receiver.number() + ": " + why);
            }
            settled();
        }

        @Override
        public void later(Receiver receiver) {
            var sockets = network;
            if (sockets == null || receiver.tally().leaving) {
                failed(receiver, "must not reconnect");
                return;
            }
            retries.incrementAndGet();
            var again = receiver.oneMoreTime(this);
            receivers.set(receiver.number() - firstMember, again);
            var _ =
                    receiver.tally()
                            .loop
                            .schedule(
                                    () -> ReceiverPool.this.connect(sockets, again),
                                    ThreadLocalRandom.current().nextInt(LATER_MILLIS_MAX),
                                    TimeUnit.MILLISECONDS);
        }

        private void settled() {
            room.release();
            left.countDown();
        }

        WorkerReply.Opened awaitAll(Duration max) throws InterruptedException {
            if (!left.await(max.toMillis(), TimeUnit.MILLISECONDS)) {
                faults.add(left.getCount() + " members did not catch up in time");
            }
            progress.accept(new WorkerReply.OpenProgress(open.get(), count));
            return new WorkerReply.Opened(
                    open.get(),
                    retries.get(),
                    List.copyOf(faults),
                    Histograms.encode(latency.copy()));
        }
    }

    private void connect(Network sockets, Receiver receiver) {
        sockets.connect(
                receiver.tally().loop,
                receiver.endpoint(),
                receiver.number(),
                buffers,
                receiver,
                receiver::end);
    }

    private WorkerReply open(WorkerRequest.OpenConnections request) throws InterruptedException {
        var sockets = new Network(threads, request.trustAll());
        network = sockets;
        buffers = request.buffers();
        firstMember = request.first();
        for (int i = 0; i < threads; i++) {
            tallies.add(new LoopTally(sockets.nextLoop()));
        }
        var endpoints =
                request.urls().stream()
                        .map(url -> new Endpoint(request.dialect(), URI.create(url)))
                        .toList();
        var opening = new PendingConnects(request.schedule(), request.first(), request.count());
        for (int i = request.first(); i < request.first() + request.count(); i++) {
            var tally = tallies.get(i % threads);
            int member = i;
            var group =
                    request.seats().stream()
                            .filter(seats -> seats.holds(member))
                            .findFirst()
                            .map(seats -> groupOf(tally, seats, member))
                            .orElse(null);
            var receiver =
                    new Receiver(
                            i,
                            endpoints.get(i % endpoints.size()),
                            "dev:" + request.name() + i + "/d",
                            tally,
                            group,
                            opening);
            receivers.add(receiver);
            opening.connect(sockets, receiver);
        }
        return opening.awaitAll(OPENING_MAX);
    }

    private static GroupTraffic groupOf(
            LoopTally tally, WorkerRequest.GroupAssignment seats, int member) {
        var asked =
                tally.loop.submit(() -> {
                    var group = tally.group(seats.groupOf(member), seats.kind());
                    group.receivers++;
                    return group;
                });
        return asked.syncUninterruptibly().getNow();
    }

    private WorkerReply drop() {
        tallies.forEach(tally -> tally.leaving = true);
        onLoops(tally ->
                List.copyOf(receivers).stream()
                        .filter(r -> r.tally() == tally)
                        .forEach(Receiver::close));
        return new WorkerReply.Done(0);
    }

    private WorkerReply reopen(Schedule schedule) throws InterruptedException {
        var sockets = network;
        if (sockets == null || receivers.isEmpty()) {
            throw new IllegalStateException("no receiver was connected");
        }
        tallies.forEach(tally -> tally.leaving = false);
        var opening =
                new PendingConnects(schedule, receivers.getFirst().number(), receivers.size());
        receivers.replaceAll(receiver -> receiver.again(opening));
        for (var receiver : List.copyOf(receivers)) {
            opening.connect(sockets, receiver);
        }
        return opening.awaitAll(REOPENING_MAX);
    }

    private WorkerReply await(WorkerRequest.AwaitDeliveries request) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(request.millis());
        while (deliveries() < request.deliveries() && System.nanoTime() < deadline) {
            comeBack();
            LockSupport.parkNanos(POLL_NANOS);
        }
        awake.forEach(i -> receivers.get(i).expected());
        awake.clear();
        return new WorkerReply.Done(deliveries());
    }

    private long deliveries() {
        return tallies.stream().mapToLong(LoopTally::deliveries).sum();
    }

    private WorkerReply report() {
        var kinds = new LinkedHashMap<String, Histogram>();
        var buckets = new LinkedHashMap<String, Map<Integer, Integer>>();
        var messages = new ArrayList<WorkerReply.MessageTally>();
        onLoops(tally -> {
            tally.kinds()
                    .forEach((name, kind) -> {
                        kind.closeBucket();
                        kinds.computeIfAbsent(name, _ -> new Histogram(3)).add(kind.latency);
                        var sums = buckets.computeIfAbsent(name, _ -> new LinkedHashMap<>());
                        kind.buckets.forEach((b, n) -> sums.merge(b, n, Integer::sum));
                    });
            tally.groups()
                    .forEach(
                            group -> group.ofRound().forEach(a -> messages.add(message(group, a))));
        });
        var told = new LinkedHashMap<String, WorkerReply.KindTally>();
        kinds.forEach((name, latency) ->
                told.put(
                        name,
                        new WorkerReply.KindTally(
                                Histograms.encode(latency), buckets.getOrDefault(name, Map.of()))));
        return new WorkerReply.RoundTally(
                deliveries(),
                tallies.stream().mapToLong(t -> t.duplicated).sum(),
                tallies.stream().mapToLong(t -> t.reordered).sum(),
                tallies.stream().mapToLong(t -> t.otherBytes).sum(),
                tallies.stream().mapToLong(LoopTally::faultCount).sum(),
                tallies.stream().flatMap(t -> t.faults().stream()).limit(FAULTS_TOLD).toList(),
                told,
                messages,
                cpuSeconds() - cpuBefore);
    }

    private static WorkerReply.MessageTally message(GroupTraffic group, ReceivedMessage arrival) {
        return new WorkerReply.MessageTally(
                group.name,
                arrival.position,
                arrival.number,
                arrival.intendedNanos,
                arrival.count,
                arrival.firstNanos,
                arrival.lastNanos,
                arrival.sha256.hex(),
                arrival.referencedBytes);
    }

    private static double cpuSeconds() {
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime() / 1e9
                : 0;
    }

    private WorkerReply stall(int count) {
        for (int i = 0; i < Math.max(count, asleep); i++) {
            if (i < count) {
                receivers.get(i).stopReading();
            } else {
                receivers.get(i).readOn();
                awake.add(i);
            }
        }
        asleep = count;
        return new WorkerReply.Done(count);
    }

    /// Reconnects stalled receivers whose connection the server has ended.
    private void comeBack() {
        var sockets = network;
        for (int i : awake) {
            var receiver = receivers.get(i);
            if (receiver.isOver() && sockets != null) {
                var again =
                        receiver.again(
                                new PendingConnects(new Schedule(System.nanoTime(), 0), 0, 1));
                receivers.set(i, again);
                connect(sockets, again);
            }
        }
    }

    /// Runs a task on each loop in turn and waits for it.
    private void onLoops(Consumer<LoopTally> task) {
        for (var tally : tallies) {
            tally.loop.submit(() -> task.accept(tally)).syncUninterruptibly();
        }
    }

    @Override
    public void close() {
        tallies.forEach(tally -> tally.leaving = true);
        if (network != null) {
            network.close();
        }
    }
}
