package io.lockstep.benchmarks.retention;

import io.lockstep.benchmarks.BenchmarkRedis;
import io.lockstep.benchmarks.retention.SweepPhase.PhaseStart;
import io.lockstep.log.GroupLog;
import io.lockstep.log.SweepOutcome;
import io.lockstep.ordering.retention.RetentionSweeper;
import io.lockstep.ordering.retention.SweepLimits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/// The command `benchmarks/retention/run`. Question: what does a retention of 24 h cost where
/// nobody uses the groups: CPU time of a node and of Redis for their sweep, and memory of Redis
/// before and after it?
///
/// Not covered: other load at the same time, GroupInfos and blobs, groups of many members.
@Command(
        name = "retention/run",
        description = "Fills a Redis with idle groups, and measures the sweep of their messages.",
        mixinStandardHelpOptions = true)
public final class RetentionCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /// Steps of one call without a limit of the rate.
    private static final int STEPS = 1_000;

    private static final int STEPS_OF_GROUP = 2;

    /// A sweep examines a quarter of the index.
    private static final int SWEEPS_OF_ALL = 4;

    @Option(names = "--groups", description = "Number of groups (default: ${DEFAULT-VALUE}).")
    private int groups = 100_000;

    @Option(
            names = "--entries",
            description = "Messages of each group; the newest is kept (default: ${DEFAULT-VALUE}).")
    private int entries = 4;

    @Option(names = "--bytes", description = "Size of a message (default: ${DEFAULT-VALUE}).")
    private int bytes = 1024;

    @Option(
            names = "--limited",
            paramLabel = "SECONDS",
            description =
                    "About how long the last groups are swept at the rate of a node; all others are"
                            + " swept without that rate (default: ${DEFAULT-VALUE}).")
    private long limitedSeconds = 60;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RetentionCommand()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        try (var redis = new BenchmarkRedis();
                var log = redis.log()) {
            var store = new StoreView(redis);
            var empty = Footprint.of(store);
            fill(log);
            var before = Footprint.of(store);
            var firstExpiry = Instant.now().plus(IdleGroups.RETENTION);

            store.makeDue(firstExpiry, 1 - (double) limitedGroups() / groups);
            var unlimited = unlimited("without that rate", log, store);
            store.makeDue(firstExpiry, 1);
            var limited = limited(log, store, groups - unlimited.groups());
            var after = Footprint.of(store);
            var kinds = store.kinds(groups);
            store.makeDue(Instant.now().plus(IdleGroups.RETENTION), 1);
            var again = unlimited("again, nothing to delete", log, store);

            System.out.println(SweepPhase.TITLE);
            System.out.println(SweepPhase.UNITS);
            List.of(unlimited, limited, again).forEach(part -> System.out.println(part.line()));
            System.out.printf(
                    "%nAt the rate of a node, %,d groups take %,.0f s of the %d h.%n",
                    groups, groups / limited.groupsPerSecond(), IdleGroups.RETENTION.toHours());
            System.out.printf(
                    "Redis, for each group: %s before, %s after.%n",
                    before.forEach(groups, empty), after.forEach(groups, empty));
            System.out.println("Keys of a group after, and memory of each:");
            kinds.forEach((kind, described) -> System.out.printf("  %-10s %s%n", kind, described));
            return 0;
        }
    }

    /// What Redis holds.
    private record Footprint(long bytes, long keys) {
        static Footprint of(StoreView store) {
            return new Footprint(store.usedMemory(), store.keys());
        }

        String forEach(int groups, Footprint empty) {
            return "%,d bytes and %.2f keys"
                    .formatted(
                            (bytes - empty.bytes) / groups, (double) (keys - empty.keys) / groups);
        }
    }

    private void fill(GroupLog log) {
        long begun = System.nanoTime();
        new IdleGroups(groups, entries, bytes).create(log);
        System.out.printf(
                "# %,d groups in %.1f s: %d messages of %,d bytes each, %d of them %d h old;"
                        + " retention %d h%n",
                groups,
                (System.nanoTime() - begun) / 1e9,
                entries,
                bytes,
                entries - 1,
                IdleGroups.AGE.toHours(),
                IdleGroups.RETENTION.toHours());
    }

    /// The groups that are left for the sweeper of a server: half of them at most. Each takes two
    /// steps, one to examine it and one to delete its messages.
    private long limitedGroups() {
        return Math.min(
                groups / 2, limitedSeconds * SweepLimits.DEFAULT.stepsPerSecond() / STEPS_OF_GROUP);
    }

    /// As in a server: one sweep a second, of as many steps as a node takes, until nothing is due.
    private SweepPhase limited(GroupLog log, StoreView store, long due) {
        var meters = new SimpleMeterRegistry();
        var start = PhaseStart.now(store);
        var scheduler = Schedulers.newSingle("sweeps", true);
        try (var _ = new RetentionSweeper(log, SweepLimits.DEFAULT, scheduler, meters)) {
            Flux.interval(POLL)
                    .takeUntil(_ -> count(meters, "groups") >= due)
                    .blockLast(Duration.ofSeconds(PATIENCE.toSeconds() + 10 * limitedSeconds));
        } finally {
            scheduler.dispose();
        }
        if (count(meters, "failures") > 0) {
            throw new IllegalStateException("a sweep failed");
        }
        return start.end(
                "%d steps a second".formatted(SweepLimits.DEFAULT.stepsPerSecond()),
                count(meters, "groups"),
                count(meters, "entries"),
                store);
    }

    private static long count(SimpleMeterRegistry meters, String what) {
        return (long) meters.get("lockstep.retention." + what).counter().count();
    }

    /// Sweeps one after the other, until nothing is due.
    private static SweepPhase unlimited(String name, GroupLog log, StoreView store) {
        var start = PhaseStart.now(store);
        long swept = 0;
        long deleted = 0;
        int idleSweeps = 0;
        while (idleSweeps < SWEEPS_OF_ALL) {
            SweepOutcome outcome = log.sweep(STEPS).blockOptional(PATIENCE).orElseThrow();
            swept += outcome.groups();
            deleted += outcome.entries();
            idleSweeps = outcome.groups() == 0 ? idleSweeps + 1 : 0;
        }
        return start.end(name, swept, deleted, store);
    }
}
