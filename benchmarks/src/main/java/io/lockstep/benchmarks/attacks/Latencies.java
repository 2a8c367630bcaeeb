package io.lockstep.benchmarks.attacks;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/// The round trips of one probe, for each phase, with the causes of failures.
///
/// Threads: *thread-safe*, by its own lock.
final class Latencies {
    private static final long MICROS_MAX = 600_000_000;

    private final Map<AttackPhase, Histogram> times = new EnumMap<>(AttackPhase.class);
    private final Map<AttackPhase, Map<String, Integer>> failures =
            new EnumMap<>(AttackPhase.class);
    private AttackPhase phase = AttackPhase.BEFORE;
    private int goodInRow;
    private long slowestInRowMicros;

    Latencies() {
        for (var each : AttackPhase.values()) {
            times.put(each, new Histogram(MICROS_MAX, 3));
            failures.put(each, new TreeMap<>());
        }
    }

    synchronized void enter(AttackPhase next) {
        phase = next;
        goodInRow = 0;
        slowestInRowMicros = 0;
    }

    /// Clears everything recorded so far.
    synchronized void restart() {
        times.values().forEach(Histogram::reset);
        failures.values().forEach(Map::clear);
        enter(AttackPhase.BEFORE);
    }

    /// @param intervalMicros of the probe: round trips that it could not start in this time count
    /// as well
    synchronized void succeeded(long micros, long intervalMicros) {
        histogram(phase)
                .recordValueWithExpectedInterval(Math.min(micros, MICROS_MAX), intervalMicros);
        goodInRow++;
        slowestInRowMicros = Math.max(slowestInRowMicros, micros);
    }

    synchronized void failed(String what) {
        map(phase).merge(what, 1, Integer::sum);
        goodInRow = 0;
        slowestInRowMicros = 0;
    }

    /// Whether the last `inRow` round trips succeeded, each within the time.
    synchronized boolean isWell(int inRow, long micros) {
        if (slowestInRowMicros > micros) {
            goodInRow = 0;
            slowestInRowMicros = 0;
        }
        return goodInRow >= inRow;
    }

    synchronized long percentileMicros(AttackPhase of, double percentile) {
        return histogram(of).getValueAtPercentile(percentile);
    }

    synchronized Map<String, Object> report(AttackPhase of) {
        var histogram = histogram(of);
        var report = new LinkedHashMap<String, Object>();
        report.put("count", histogram.getTotalCount());
        report.put("p50Millis", histogram.getValueAtPercentile(50) / 1_000.0);
        report.put("p99Millis", histogram.getValueAtPercentile(99) / 1_000.0);
        report.put("maxMillis", histogram.getMaxValue() / 1_000.0);
        report.put("failed", map(of).values().stream().mapToInt(Integer::intValue).sum());
        if (!map(of).isEmpty()) {
            report.put("failures", new TreeMap<>(map(of)));
        }
        return report;
    }

    private Histogram histogram(AttackPhase of) {
        return java.util.Objects.requireNonNull(times.get(of));
    }

    private Map<String, Integer> map(AttackPhase of) {
        return java.util.Objects.requireNonNull(failures.get(of));
    }
}
