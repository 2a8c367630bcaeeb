package io.lockstep.client.load;

import io.lockstep.client.load.report.Numbers;
import io.lockstep.client.load.traffic.Order;
import io.lockstep.client.load.traffic.Schedule;
import io.lockstep.client.load.traffic.Sender;
import io.lockstep.client.load.traffic.Sender.Outcome;
import io.lockstep.client.load.traffic.Stamp;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `bench fanout`.
@Command(
        name = "fanout",
        description =
                "One sender, one group, many receivers: how long until the first and the last have it.",
        mixinStandardHelpOptions = true)
final class FanoutMode extends Mode {
    @Option(names = "--receivers", defaultValue = "1000", description = "default: 1000")
    private int receivers = 1000;

    @Option(
            names = "--messages",
            defaultValue = "10",
            description = "sendings in a round, each of --burst messages (default: 10)")
    private int messages = 10;

    @Option(
            names = "--burst",
            defaultValue = "1",
            description = "messages submitted together (default: 1)")
    private int burst = 1;

    @Option(
            names = "--rate",
            defaultValue = "2",
            description = "sendings per second, whatever became of those before (default: 2)")
    private double rate = 2;

    @Option(
            names = "--engine",
            defaultValue = "synthetic",
            description =
                    "synthetic: real headers, random bytes; bcmls: real MLS, one more member reads"
                            + " all (default: synthetic)")
    private Engine engine = Engine.synthetic;

    @Option(
            names = "--leaves",
            defaultValue = "2",
            description = "members with keys, with --engine bcmls (default: 2)")
    private int leaves = 2;

    @Option(
            names = "--stalled",
            defaultValue = "0",
            description = "receivers of each process that stop reading; they are not counted")
    private int stalled;

    // Lower case as they are typed.
    @SuppressWarnings("checkstyle:ConstantName")
    enum Engine {
        synthetic,
        bcmls
    }

    private final SplittableRandom random = new SplittableRandom();
    private @Nullable Sender sender;
    private @Nullable MessageSource source;
    private long numbered;

    @Override
    String title() {
        return "Fan-out: 1 sender, %,d receivers, %s B, %d together, %s per second"
                .formatted(receivers, options.size, burst, Numbers.show(rate));
    }

    private String group() {
        return "fanout-" + run + "-0";
    }

    @Override
    void setUp() {
        var owner = openSenders(1).getFirst();
        var id = GroupSetup.id(group());
        var made =
                engine == Engine.bcmls ? new MlsMessages(id, leaves) : MessageSource.synthetic(id);
        sender = owner;
        source = made;
        GroupSetup.found(owner, group(), made, memberNames(0, receivers));
        openFleet(
                receivers,
                List.of(
                        new Order.Seats(
                                0, receivers, "fanout-" + run + "-", receivers, "broadcast")),
                0);
        if (stalled > 0) {
            fleet().stall(stalled);
        }
    }

    @Override
    Map<String, Double> round(int number, boolean counts) {
        var from = sender;
        var made = source;
        if (from == null || made == null) {
            throw new IllegalStateException("not set up");
        }
        var sizes = options.sizes();
        var schedule = new Schedule(Schedule.soon(), rate);
        fleet().begin(schedule.startNanos());
        var probe = Probe.start(servers());
        var sent = new HashMap<Long, String>();
        var bytes = new ArrayList<Bytes>();
        var answers = new ArrayList<CompletableFuture<Outcome>>();
        var intended = new ArrayList<Long>();
        for (int i = 0; i < messages; i++) {
            long moment = schedule.intended(i);
            var batch = new ArrayList<Bytes>(burst);
            for (int b = 0; b < burst; b++) {
                var stamp = new Stamp(numbered++, moment);
                var message = made.application(stamp, sizes.next(random));
                sent.put(stamp.number(), message.sha256().hex());
                batch.add(message);
                intended.add(moment);
            }
            bytes.addAll(batch);
            Schedule.awaitNanos(moment);
            answers.addAll(from.publish(batch));
        }
        var accepted = new Histogram(3);
        int refused = 0;
        for (int i = 0; i < answers.size(); i++) {
            var outcome = Sender.await(answers.get(i), PATIENCE);
            accepted.recordValue(Math.max(0, outcome.nanos() - intended.get(i)));
            if (!outcome.isAccepted()) {
                refused++;
                remark("refused: " + outcome.answer().getRefused().getCode());
            }
        }
        long good = (long) answers.size() - refused;
        int reading = receivers - stalled * fleet().processes();
        fleet().await(member -> isStalled(member) ? 0 : good, PATIENCE);
        var fields = new LinkedHashMap<String, Double>();
        var seen = fleet().report();
        probe.addTo(fields, seen.deliveries);
        var told = new LinkedHashMap<String, Double>();
        fill(told, seen, good, reading);
        told.put("refused", (double) refused);
        latency(told, "accepted", accepted);
        long unread = bytes.stream().filter(m -> !made.isReadable(m)).count();
        faults(told, seen, Math.max(0, good * reading - seen.deliveries), sent);
        told.merge("faults", (double) unread, Double::sum);
        told.putAll(fields);
        if (counts) {
            overTime("broadcast", number, seen);
        }
        return told;
    }

    /// Those who come first in their process.
    private boolean isStalled(int member) {
        if (stalled == 0) {
            return false;
        }
        int count = fleet().processes();
        for (int i = 0; i < count; i++) {
            int first = (int) ((long) receivers * i / count);
            if (member >= first && member < first + stalled) {
                return true;
            }
        }
        return false;
    }

    private void fill(Map<String, Double> fields, Seen seen, long good, int reading) {
        fields.put("messages", (double) good);
        fields.put("deliveries", (double) seen.deliveries);
        latency(fields, "", seen.latency("broadcast"));
        var first = new Histogram(3);
        var last = new Histogram(3);
        long end = 0;
        long begin = Long.MAX_VALUE;
        for (var message : seen.messages()) {
            if (message.intendedNanos != 0) {
                first.recordValue(Math.max(0, message.firstNanos - message.intendedNanos));
                last.recordValue(Math.max(0, message.lastNanos - message.intendedNanos));
                end = Math.max(end, message.lastNanos);
                begin = Math.min(begin, message.intendedNanos);
            }
        }
        latency(fields, "first", first);
        latency(fields, "last", last);
        if (end > begin && reading > 0) {
            fields.put("wall", millis(end - begin));
            fields.put("deliveriesPerSecond", seen.deliveries * 1e9 / (end - begin));
        }
        fields.put("client.cpuSeconds", seen.clientCpuSeconds);
    }

    @Override
    void close() {
        if (source != null) {
            source.close();
        }
    }
}
