package io.lockstep.bench;

import io.lockstep.bench.traffic.Dialect;
import io.lockstep.bench.traffic.Endpoint;
import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.SenderPool;
import io.lockstep.bench.traffic.SocketBuffers;
import io.lockstep.bench.traffic.Stamp;
import io.lockstep.bench.traffic.WorkerRequest;
import io.lockstep.wire.Bytes;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/// Runs one contestant of a comparison with its own receivers and senders.
final class ContestantRun implements AutoCloseable {
    /// CPU time per sample below which the server counts as idle: timers and the JVM's own work.
    private static final double BUSY_SHARE = 0.2;

    private static final long LOOK_NANOS = 500_000;
    private static final long IDLE_NANOS = 20_000_000;

    final Contestant contestant;
    private final WorkerPool fleet;
    private final List<Sender> senders;
    private final MessageSource source;
    private final int size;
    private final Map<String, Double> memory = new LinkedHashMap<>();
    private long numbered;

    /// How long before its intended moment the making of a batch begins. Grows to the time that it
    /// takes.
    private long leadNanos = 1_000_000;

    private ContestantRun(
            Contestant contestant,
            WorkerPool fleet,
            List<Sender> senders,
            MessageSource source,
            int size) {
        this.contestant = contestant;
        this.fleet = fleet;
        this.senders = senders;
        this.source = source;
        this.size = size;
    }

    /// @param engine makes the messages for our server; all others get synthetic ones of the same
    ///     size
    /// @param run part of all names of this run
    static ContestantRun open(
            Contestant contestant,
            EngineOptions engine,
            int receivers,
            int size,
            String run,
            SenderPool senders,
            ConsoleReporter screen) {
        boolean isOurs = contestant.dialect() == Dialect.LOCKSTEP;
        var group = isOurs ? engine.groupPrefix("bout-" + run + "-") : "bout-" + run + "-";
        var name = "recv" + run + "-";
        var endpoints =
                contestant.publish().stream()
                        .map(url -> new Endpoint(contestant.dialect(), URI.create(url)))
                        .toList();
        double residentBefore = contestant.residentBytes();
        var heapBefore = contestant.liveHeapBytes();
        var opened = senders.open(endpoints, "sender" + run + "-", endpoints.size());
        var source =
                isOurs
                        ? engine.source(group + 0, screen::say)
                        : MessageSource.synthetic(GroupSetup.id(group + 0));
        if (isOurs) {
            var members = IntStream.range(0, receivers).mapToObj(i -> name + i + "/d").toList();
            GroupSetup.found(opened.getFirst(), group + 0, source, members);
        }
        var fleet = WorkerPool.start(receivers, 0, 1);
        try {
            fleet.open(
                    contestant.dialect(),
                    contestant.subscribe(),
                    name,
                    List.of(
                            new WorkerRequest.GroupAssignment(
                                    0, receivers, group, receivers, "all")),
                    SocketBuffers.systems(),
                    new Schedule(Schedule.soon(), 0),
                    true,
                    screen);
        } catch (RuntimeException e) {
            fleet.close();
            throw e;
        }
        var bout = new ContestantRun(contestant, fleet, opened, source, size);
        bout.weigh(residentBefore, heapBefore);
        screen.say(
                "%s: %,d files open in its largest process of %d"
                        .formatted(
                                contestant.name(),
                                contestant.filesMost(),
                                contestant.pids().size()));
        return bout;
    }

    /// Returns the server's cost of idle receivers.
    private void weigh(double residentBefore, OptionalDouble heapBefore) {
        var heap = contestant.liveHeapBytes();
        double resident = contestant.residentBytes();
        memory.put("files", (double) contestant.filesMost());
        memory.put("idleResidentMegabytes", resident / 1e6);
        memory.put("residentBytesPerReceiver", (resident - residentBefore) / fleet.receivers());
        if (heap.isPresent() && heapBefore.isPresent()) {
            memory.put("liveHeapMegabytes", heap.getAsDouble() / 1e6);
            memory.put(
                    "heapBytesPerReceiver",
                    (heap.getAsDouble() - heapBefore.getAsDouble()) / fleet.receivers());
        }
    }

    /// Returns the memory of the server's processes: idle with all receivers, and now.
    Map<String, Double> memory() {
        var now = new LinkedHashMap<>(memory);
        now.put("residentMegabytes", contestant.residentBytes() / 1e6);
        return now;
    }

    /// Sends repeatedly; each sending starts after all receivers have the previous one and after a
    /// rest. The CPU time is that from each publishing to its last receipt.
    ///
    /// @param burst number of messages sent together
    /// @param restNanos rest before each sending
    /// @throws BenchException when a receiver did not get exactly the sent messages: no measurement
    ///     is valid then
    Map<String, Double> round(int sendings, int burst, long restNanos) {
        return round(sendings, burst, restNanos, false);
    }

    /// Measures how long the server alone takes for one message, `served` in ms. Receivers do not
    /// read until the server is idle, so that they take no core from it.
    ///
    /// @throws BenchException as in [#round]
    Map<String, Double> served(int sendings, long restNanos) {
        return Map.of(
                "served", round(sendings, 1, restNanos, true).getOrDefault("served", Double.NaN));
    }

    private Map<String, Double> round(
            int sendings, int burst, long restNanos, boolean nobodyReads) {
        fleet.begin(System.nanoTime());
        double cpu = 0;
        double beside = 0;
        double resting = 0;
        double served = 0;
        var sent = new HashMap<Long, String>();
        var all = new ArrayList<Bytes>();
        boolean isComplete = true;
        for (int i = 0; i < sendings && isComplete; i++) {
            resting -= contestant.cpuSeconds();
            Schedule.awaitNanos(System.nanoTime() + restNanos);
            resting += contestant.cpuSeconds();
            if (nobodyReads) {
                fleet.freeze();
            }
            var batch = batch(sent, burst);
            long published = System.nanoTime();
            cpu -= contestant.cpuSeconds();
            beside -= contestant.besideCpuSeconds();
            all.addAll(batch);
            senders.stream()
                    .flatMap(sender -> sender.publish(batch).stream())
                    .toList()
                    .forEach(a -> GroupSetup.require(Sender.await(a, LoadMode.PATIENCE)));
            if (nobodyReads) {
                served += (idleSince() - published) / 1e6;
                fleet.thaw();
            }
            long messages = all.size();
            isComplete = fleet.await(_ -> messages, LoadMode.PATIENCE) == 0;
            cpu += contestant.cpuSeconds();
            beside += contestant.besideCpuSeconds();
        }
        var seen = fleet.report();
        long expected = (long) all.size() * fleet.receivers();
        var wrong = seen.mustNotBe(Math.max(0, expected - seen.deliveries), sent);
        // A server without message numbers cannot tell a repeated message from the next one.
        wrong.merge("duplicated", (double) Math.max(0, seen.deliveries - expected), Double::sum);
        wrong.merge(
                "faults",
                (double) all.stream().filter(m -> !source.isReadable(m)).count(),
                Double::sum);
        if (wrong.values().stream().anyMatch(count -> count > 0)) {
            throw new BenchException(
                    "%s: %s in a round of %,d deliveries %s"
                            .formatted(contestant.name(), wrong, expected, seen.faults()));
        }
        var fields = new LinkedHashMap<String, Double>();
        if (cpu > 0) {
            fields.put("cpuSeconds", cpu);
            fields.put("cpuMicros", cpu * 1e6 / expected);
        }
        if (restNanos > 0) {
            fields.put("restingCores", resting * 1e9 / (sendings * (double) restNanos));
        }
        if (!contestant.besidePids().isEmpty()) {
            fields.put("besideCpuMicros", beside * 1e6 / expected);
        }
        if (nobodyReads) {
            fields.put("served", served / sendings);
        }
        seen.lastReceiptMillis().ifPresent(last -> fields.put("last", last));
        fields.putAll(wrong);
        return fields;
    }

    /// Returns since when the server is idle: the last sample at which its CPU time had advanced.
    private long idleSince() {
        long since = System.nanoTime();
        double cpu = contestant.cpuSeconds();
        for (long now = since; now - since < IDLE_NANOS; now = System.nanoTime()) {
            Schedule.awaitNanos(now + LOOK_NANOS);
            double after = contestant.cpuSeconds();
            if (after - cpu > BUSY_SHARE * LOOK_NANOS / 1e9) {
                since = System.nanoTime();
            }
            cpu = after;
        }
        return since;
    }

    /// Makes messages ahead of their intended moment. Returns at that moment.
    private List<Bytes> batch(Map<Long, String> sent, int burst) {
        while (true) {
            long begun = System.nanoTime();
            long moment = begun + leadNanos;
            var batch = new ArrayList<Bytes>();
            for (int b = 0; b < burst; b++) {
                batch.add(source.application(new Stamp(numbered + b, moment), size));
            }
            if (System.nanoTime() > moment) {
                leadNanos = 2 * (System.nanoTime() - begun);
                continue;
            }
            for (var message : batch) {
                sent.put(numbered++, message.sha256().hex());
            }
            Schedule.awaitNanos(moment);
            return batch;
        }
    }

    @Override
    public void close() {
        source.close();
        fleet.close();
    }
}
