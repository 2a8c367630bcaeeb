package io.lockstep.cli.demo;

import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/// Records which receivers of the demo got each message. Thread-safe.
final class BroadcastTally {
    /// One message and its receipts.
    private static final class BroadcastMessage {
        final CountDownLatch missing;
        final Histogram latency = new ConcurrentHistogram(TimeUnit.MINUTES.toNanos(5), 3);
        final long sentNanos;

        BroadcastMessage(int receivers, long sentNanos) {
            missing = new CountDownLatch(receivers);
            this.sentNanos = sentNanos;
        }
    }

    private final int receivers;
    private final Map<Bytes, BroadcastMessage> flights = new ConcurrentHashMap<>();
    private final Set<Bytes> commits = ConcurrentHashMap.newKeySet();
    private final AtomicInteger duplicated = new AtomicInteger();
    private final AtomicInteger arrived = new AtomicInteger();
    private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
    private volatile boolean leaving;

    BroadcastTally(int receivers) {
        this.receivers = receivers;
    }

    void sending(Bytes sha256) {
        flights.put(sha256, new BroadcastMessage(receivers, System.nanoTime()));
    }

    /// A commit that only some receivers get: those that were on the roster before it.
    void committing(Bytes sha256) {
        commits.add(sha256);
    }

    void arrived(Delivered delivered) {
        long now = System.nanoTime();
        if (commits.contains(delivered.sha256())) {
            return;
        }
        var flight = flights.get(delivered.sha256());
        if (flight == null) {
            fault("unknown bytes at position " + delivered.position());
            return;
        }
        arrived.incrementAndGet();
        flight.latency.recordValue(now - flight.sentNanos);
        flight.missing.countDown();
    }

    void duplicated() {
        duplicated.incrementAndGet();
    }

    void fault(String what) {
        if (!leaving) {
            faults.add(what);
        }
    }

    /// Ignores closed connections from now on.
    void leaving() {
        leaving = true;
    }

    /// Waits until all receivers have the message.
    ///
    /// @return the latency of each receiver
    Histogram awaitAll(Bytes sha256, Duration timeout) {
        var flight = flights.get(sha256);
        if (flight == null) {
            throw new IllegalStateException("never sent");
        }
        try {
            if (!flight.missing.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new ScenarioException(
                        flight.missing.getCount()
                                + " of "
                                + receivers
                                + " receivers did not get the message; "
                                + faults.stream().limit(3).toList());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScenarioException("interrupted", e);
        }
        return flight.latency;
    }

    int lost() {
        return Math.max(0, flights.size() * receivers - arrived.get());
    }

    int deliveries() {
        return arrived.get();
    }

    int duplicates() {
        return duplicated.get();
    }

    List<String> faults() {
        return List.copyOf(faults);
    }
}
