package io.lockstep.ordering.actor;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.NewEntry;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Code;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// The metrics of ordering. Tags contain no identifiers.
final class OrderingMetrics {
    /// Events that need an operator's attention.
    enum Alarm {
        /// A client is in an epoch that the group has not reached: the client or the store lost
        /// something.
        FUTURE_EPOCH,
        /// The store holds another history than this node has seen; the group was frozen.
        FROZEN,
        /// A group that this node has seen is no longer in the store.
        VANISHED,
        /// The log was unavailable for as long as a batch is retried.
        UNREACHABLE,
        /// A bug of the server.
        BUG
    }

    private final Map<Code, Counter> refused = new EnumMap<>(Code.class);
    private final Map<Alarm, Counter> alarms = new EnumMap<>(Alarm.class);
    private final Map<String, Counter> control = new HashMap<>();
    private final Counter accepted;
    private final Counter repeated;
    private final Counter behind;
    private final Counter asked;
    private final Counter overdue;
    private final DistributionSummary batchSize;
    private final Timer appendTime;
    private final AtomicInteger frozen = new AtomicInteger();

    OrderingMetrics(
            MeterRegistry registry,
            Supplier<Number> actors,
            Supplier<Number> queuedBytes,
            Supplier<Number> residentBytes) {
        accepted = submissions(registry, "accepted");
        repeated = submissions(registry, "repeated");
        for (var code : Code.values()) {
            refused.put(code, submissions(registry, code.wireName()));
        }
        for (var alarm : Alarm.values()) {
            alarms.put(
                    alarm,
                    Counter.builder("lockstep.ordering.alarms")
                            .tag("kind", alarm.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        for (var event :
                List.of(
                        "rejected",
                        "confirmed",
                        "voided",
                        "reinitialized",
                        "left",
                        "frozen",
                        "thawed")) {
            control.put(
                    event,
                    Counter.builder("lockstep.ordering.control")
                            .description(
                                    "control entries: what members stated about commits, and commands")
                            .tag("event", event)
                            .register(registry));
        }
        behind =
                Counter.builder("lockstep.ordering.appends.behind")
                        .description("appends that lost against an append of another node")
                        .register(registry);
        asked =
                Counter.builder("lockstep.ordering.resend.lookups")
                        .description("resend keys that were looked up in the log")
                        .register(registry);
        overdue =
                Counter.builder("lockstep.ordering.overdue")
                        .description("submissions that were refused because they were overdue")
                        .register(registry);
        batchSize =
                DistributionSummary.builder("lockstep.ordering.batch.size")
                        .serviceLevelObjectives(1, 4, 16, 64, 256)
                        .register(registry);
        appendTime =
                Timer.builder("lockstep.ordering.append.time")
                        .serviceLevelObjectives(
                                Duration.ofMillis(1),
                                Duration.ofMillis(5),
                                Duration.ofMillis(20),
                                Duration.ofMillis(100),
                                Duration.ofSeconds(1))
                        .register(registry);
        Gauge.builder("lockstep.ordering.actors", actors).register(registry);
        Gauge.builder("lockstep.ordering.groups.frozen", frozen, AtomicInteger::get)
                .description("groups with refused submissions: the store contradicts what was seen")
                .register(registry);
        Gauge.builder("lockstep.ordering.queued.bytes", queuedBytes).register(registry);
        Gauge.builder("lockstep.ordering.resident.bytes", residentBytes).register(registry);
    }

    private static Counter submissions(MeterRegistry registry, String outcome) {
        return Counter.builder("lockstep.ordering.submissions")
                .tag("outcome", outcome)
                .register(registry);
    }

    void answered(SubmissionAnswer answer) {
        switch (answer) {
            case SubmissionAnswer.AcceptedAnswer a when a.repeat() -> repeated.increment();
            case SubmissionAnswer.AcceptedAnswer _ -> accepted.increment();
            case SubmissionAnswer.RefusedAnswer r -> {
                count(refused, r.code());
                if (r.code() == Code.EPOCH_FROM_THE_FUTURE) {
                    alarm(Alarm.FUTURE_EPOCH);
                }
            }
        }
    }

    void alarm(Alarm alarm) {
        count(alarms, alarm);
    }

    /// @param change the number of groups that became frozen; negative when they are unfrozen
    void frozen(int change) {
        frozen.addAndGet(change);
    }

    int frozenGroups() {
        return frozen.get();
    }

    void appended(List<NewEntry> entries, long nanos) {
        batchSize.record(entries.size());
        appendTime.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// The entries are durable.
    void durable(List<NewEntry> entries) {
        for (var added : entries) {
            added.entry().control().ifPresent(event -> count(control, name(event)));
        }
    }

    private static String name(ControlEvent event) {
        return switch (event) {
            case ControlEvent.Rejected _ -> "rejected";
            case ControlEvent.Confirmed _ -> "confirmed";
            case ControlEvent.Voided _ -> "voided";
            case ControlEvent.Reinitialized _ -> "reinitialized";
            case ControlEvent.Frozen _ -> "frozen";
            case ControlEvent.Thawed _ -> "thawed";
            case ControlEvent.Left _ -> "left";
            case ControlEvent.PolicySet _ -> "policy_changed";
            case ControlEvent.Unknown _ -> "unknown";
        };
    }

    void behind() {
        behind.increment();
    }

    void overdue(int count) {
        overdue.increment(count);
    }

    void asked(int count) {
        asked.increment(count);
    }

    private static <K> void count(Map<K, Counter> counters, K key) {
        var counter = counters.get(key);
        if (counter != null) {
            counter.increment();
        }
    }
}
