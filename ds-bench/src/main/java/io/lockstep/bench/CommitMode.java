package io.lockstep.bench;

import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.Sender.SubmitResult;
import io.lockstep.bench.traffic.Stamp;
import io.lockstep.bench.traffic.SyntheticMls;
import io.lockstep.cli.program.Count;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `bench commit`: commits at a rate with rivals for each epoch.
@Command(
        name = "commit",
        description = {
            "Commits at a rate, with rivals for each epoch.",
            "Measures the time to each answer."
        },
        mixinStandardHelpOptions = true)
final class CommitMode extends LoadMode {
    @Option(names = "--groups", defaultValue = "10", description = "default: 10")
    private int groupCount = 10;

    @Option(
            names = "--racers",
            defaultValue = "1",
            description = "members that commit for each epoch at once (default: 1)")
    private int racers = 1;

    @Option(
            names = "--rate",
            defaultValue = "50",
            description = "epochs per second over all groups (default: 50)")
    private double rate = 50;

    @Option(names = "--seconds", defaultValue = "5", description = "length of a round (default: 5)")
    private double seconds = 5;

    private List<Sender> members = List.of();
    private final List<CommitGroup> groups = new ArrayList<>();
    private long numbered;

    private static final class CommitGroup {
        final String name;
        long epoch;
        long position;
        CompletableFuture<Void> idle = CompletableFuture.completedFuture(null);

        CommitGroup(String name) {
            this.name = name;
        }
    }

    /// The event loop of the senders counts; the main thread reads after that loop has finished.
    private static final class CommitTally {
        final Histogram winners = new Histogram(3);
        final Histogram losers = new Histogram(3);
        long accepted;
        long conflicts;
        long otherRefusals;
        long forks;
    }

    @Override
    String title() {
        return "Commit: %s, %s, %,.0f epochs per second"
                .formatted(Count.of(groupCount, "group"), Count.of(racers, "racer"), rate);
    }

    @Override
    void setUp() {
        members = openSenders(racers);
        var owner = members.getFirst();
        var others = members.stream().skip(1).map(Sender::name).toList();
        for (int i = 0; i < groupCount; i++) {
            var group = new CommitGroup("race-" + run + "-" + i);
            var source = MessageSource.synthetic(GroupSetup.id(group.name));
            GroupSetup.found(owner, group.name, source, others);
            group.epoch = 1;
            group.position = 1;
            groups.add(group);
        }
    }

    @Override
    Map<String, Double> round(int number, boolean counts) {
        var tally = new CommitTally();
        var schedule = new Schedule(Schedule.soon(), rate);
        var probe = MetricsDelta.start(servers());
        int epochs = (int) Math.round(rate * secondsOf(counts, seconds));
        for (int i = 0; i < epochs; i++) {
            long moment = schedule.intended(i);
            var group = groups.get(i % groups.size());
            Schedule.awaitNanos(moment);
            group.idle = group.idle.thenCompose(_ -> race(group, moment, tally));
        }
        groups.forEach(group -> Sender.await(group.idle, PATIENCE));
        long end = System.nanoTime();
        var fields = new LinkedHashMap<String, Double>();
        fields.put("accepted", (double) tally.accepted);
        fields.put("conflicts", (double) tally.conflicts);
        fields.put("epochsPerSecond", tally.accepted * 1e9 / (end - schedule.startNanos()));
        latency(fields, "", tally.winners);
        latency(fields, "losers", tally.losers);
        fields.put("faults", (double) tally.forks);
        fields.put("refused", (double) tally.otherRefusals);
        probe.addTo(fields, 0);
        return fields;
    }

    private CompletableFuture<Void> race(CommitGroup group, long moment, CommitTally tally) {
        var id = GroupSetup.id(group.name);
        var outcomes = new ArrayList<CompletableFuture<SubmitResult>>();
        for (var member : members) {
            var commit = SyntheticMls.commit(id, group.epoch, new Stamp(next(), moment));
            outcomes.add(GroupSetup.commit(member, commit, List.of(), group.position));
        }
        return CompletableFuture.allOf(outcomes.toArray(CompletableFuture[]::new))
                .thenRun(() -> settle(group, moment, tally, outcomes));
    }

    private synchronized long next() {
        return ++numbered;
    }

    private void settle(
            CommitGroup group,
            long moment,
            CommitTally tally,
            List<CompletableFuture<SubmitResult>> outcomes) {
        synchronized (tally) {
            int won = 0;
            for (var answered : outcomes) {
                var outcome = answered.join();
                long nanos = Math.max(0, outcome.nanos() - moment);
                if (outcome.isAccepted()) {
                    won++;
                    tally.winners.recordValue(nanos);
                    group.epoch = outcome.answer().getAccepted().getEpoch();
                    group.position = outcome.answer().getAccepted().getPosition();
                } else if (outcome.answer().getRefused().getCode().equals("epoch_conflict")) {
                    tally.conflicts++;
                    tally.losers.recordValue(nanos);
                } else {
                    tally.otherRefusals++;
                    remark("refused: " + outcome.answer().getRefused().getCode());
                }
            }
            tally.accepted += won;
            tally.forks += Math.abs(won - 1);
        }
    }
}
