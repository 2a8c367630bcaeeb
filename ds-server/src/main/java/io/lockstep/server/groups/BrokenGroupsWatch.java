package io.lockstep.server.groups;

import io.lockstep.log.GroupLog;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.RateLimitedLogger;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Counts the broken groups for the metrics, once a minute: all of the deployment, so every node
/// shows the same. It looks at the [#GROUPS_MAX] groups with the latest troubles.
public final class BrokenGroupsWatch implements AutoCloseable {
    private static final RateLimitedLogger LOG = RateLimitedLogger.of(BrokenGroupsWatch.class);
    private static final Duration PERIOD = Duration.ofMinutes(1);

    /// Bounds the work of a node: less than ten groups a second.
    private static final int GROUPS_MAX = 512;

    private static final int PAGE = 64;

    private final GroupDescriptions descriptions;
    private final AtomicInteger all = new AtomicInteger();
    private final Map<GroupHealth.Reason, AtomicInteger> byReason =
            new EnumMap<>(GroupHealth.Reason.class);
    private final Disposable counts;

    /// Begins to count.
    ///
    /// @param scheduler runs the timer; its tasks are short
    public BrokenGroupsWatch(
            GroupLog log, InstantSource clock, Scheduler scheduler, MeterRegistry metrics) {
        descriptions = new GroupDescriptions(log, clock);
        Gauge.builder("lockstep.groups.broken", all, AtomicInteger::get)
                .description("Broken groups of the deployment, see lockstep groups list --broken")
                .register(metrics);
        for (var reason : GroupHealth.Reason.values()) {
            var count = new AtomicInteger();
            byReason.put(reason, count);
            Gauge.builder("lockstep.groups.broken.reasons", count, AtomicInteger::get)
                    .description("Broken groups of the deployment, by reason; one may have several")
                    .tag("reason", reason.wireName())
                    .register(metrics);
        }
        counts =
                FaultBarrier.ticks(Duration.ofSeconds(1), PERIOD, scheduler)
                        .concatMap(
                                FaultBarrier.<Long, Tally>mono(
                                        "the count of broken groups", _ -> count()),
                                1)
                        .subscribe();
    }

    private Mono<Tally> count() {
        return add(new Tally(), "", GROUPS_MAX)
                .doOnNext(this::show)
                .onErrorResume(error -> {
                    LOG.warn("broken groups were not counted: {}", error.toString());
                    return Mono.empty();
                });
    }

    private Mono<Tally> add(Tally tally, String after, int left) {
        return descriptions
                .troubled(after, Math.min(PAGE, left))
                .flatMap(page -> {
                    page.groups().forEach(tally::add);
                    return page.next().isPresent() && left > PAGE
                            ? add(tally, page.next().get(), left - PAGE)
                            : Mono.just(tally);
                });
    }

    private void show(Tally tally) {
        all.set(tally.broken);
        byReason.forEach((reason, count) -> count.set(tally.reasons.getOrDefault(reason, 0)));
    }

    /// The counts of one run. Its calls follow each other, so no two threads use it at a time.
    private static final class Tally {
        private int broken;
        private final Map<GroupHealth.Reason, Integer> reasons =
                new EnumMap<>(GroupHealth.Reason.class);

        void add(GroupDescription group) {
            broken += group.isBroken() ? 1 : 0;
            group.broken().forEach(reason -> reasons.merge(reason, 1, Integer::sum));
        }
    }

    @Override
    public void close() {
        counts.dispose();
    }
}
