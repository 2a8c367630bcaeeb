package io.lockstep.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/// Records which device sent, should decrypt and did decrypt each message. The demo checks the
/// server against it. Thread-safe.
final class DeliveryRecord {
    /// One application message; `texts` are unique.
    private static final class SentMessage {
        final Set<String> expected;
        final Set<String> timed;
        final Map<String, Integer> times = new LinkedHashMap<>();
        final long sentNanos;

        SentMessage(Set<String> expected, Set<String> timed, long sentNanos) {
            this.expected = expected;
            this.timed = timed;
            this.sentNanos = sentNanos;
        }
    }

    private static final long LATENCY_MAX_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, SentMessage> lines = new HashMap<>();
    private final Histogram latency = new Histogram(LATENCY_MAX_NANOS, 3);
    private final List<String> faults = new ArrayList<>();
    private int unexpected;
    private int commitsAccepted;
    private int commitsRefused;
    private int commitsRebased;

    /// @param expected the devices that must decrypt it
    /// @param online those of them whose latency counts
    void sent(String text, Set<String> expected, Set<String> online) {
        locked(() ->
                lines.put(
                        text,
                        new SentMessage(
                                Set.copyOf(expected), Set.copyOf(online), System.nanoTime())));
    }

    void received(String device, String text) {
        long now = System.nanoTime();
        locked(() -> {
            var line = lines.get(text);
            if (line == null || !line.expected.contains(device)) {
                unexpected++;
                faults.add(device + " decrypted a message that was not for it: " + text);
                return;
            }
            if (line.times.merge(device, 1, Integer::sum) == 1 && line.timed.contains(device)) {
                latency.recordValue(Math.min(now - line.sentNanos, LATENCY_MAX_NANOS));
            }
        });
    }

    void commitRefused() {
        locked(() -> commitsRefused++);
    }

    void commitAccepted(int refusedBefore) {
        locked(() -> {
            commitsAccepted++;
            commitsRebased += refusedBefore;
        });
    }

    void fault(String what) {
        locked(() -> faults.add(what));
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Wakes the waiters: a state outside the ledger changed.
    void touched() {
        locked(() -> {});
    }

    /// Waits on this thread until the condition holds.
    void await(String what, Duration timeout, BooleanSupplier condition) {
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (!condition.getAsBoolean()) {
                if (left <= 0) {
                    throw new ScenarioException(
                            what + ": not within " + timeout.toSeconds() + " s");
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScenarioException("interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /// Waits until all expected devices have decrypted it.
    ///
    /// @return the devices that decrypted it
    Set<String> awaitDecrypted(String text, Duration timeout) {
        await("'" + text + "' decrypted by all", timeout, () -> isComplete(lines.get(text)));
        lock.lock();
        try {
            return new LinkedHashSet<>(lineOf(text).times.keySet());
        } finally {
            lock.unlock();
        }
    }

    private SentMessage lineOf(String text) {
        var line = lines.get(text);
        if (line == null) {
            throw new IllegalStateException("never sent: " + text);
        }
        return line;
    }

    private static boolean isComplete(@org.jspecify.annotations.Nullable SentMessage line) {
        return line != null && line.times.keySet().containsAll(line.expected);
    }

    boolean allDecrypted() {
        lock.lock();
        try {
            return lines.values().stream().allMatch(DeliveryRecord::isComplete);
        } finally {
            lock.unlock();
        }
    }

    /// The totals of the ledger.
    ///
    /// @param lost expected decryptions that did not happen
    /// @param duplicated messages that a device decrypted more than once, or that were not for it
    record Totals(
            int messages,
            int decrypted,
            int lost,
            int duplicated,
            int commitsAccepted,
            int commitsRefused,
            int commitsRebased,
            Histogram latency,
            List<String> faults) {}

    Totals totals() {
        lock.lock();
        try {
            int decrypted = 0;
            int lost = 0;
            int duplicated = unexpected;
            for (var line : lines.values()) {
                for (var device : line.expected) {
                    int times = line.times.getOrDefault(device, 0);
                    decrypted += Math.min(times, 1);
                    lost += times == 0 ? 1 : 0;
                    duplicated += Math.max(0, times - 1);
                }
            }
            return new Totals(
                    lines.size(),
                    decrypted,
                    lost,
                    duplicated,
                    commitsAccepted,
                    commitsRefused,
                    commitsRebased,
                    latency.copy(),
                    List.copyOf(faults));
        } finally {
            lock.unlock();
        }
    }
}
