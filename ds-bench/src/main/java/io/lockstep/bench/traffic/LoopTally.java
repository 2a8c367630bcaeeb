package io.lockstep.bench.traffic;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/// Counts what the receivers of one event loop got. Confined to that loop, except the counters,
/// which any thread may read.
final class LoopTally {
    static final long BUCKET_NANOS = 10_000_000;
    private static final int BUCKETS_MAX = 360_000;
    private static final int FAULTS_TOLD = 5;

    /// A kind of receivers, whose latencies are recorded together.
    static final class ReceiverKind {
        final String name;
        final Histogram latency = new Histogram(3);
        final Map<Integer, Integer> buckets = new LinkedHashMap<>();
        private int bucket = -1;
        private int inBucket;

        ReceiverKind(String name) {
            this.name = name;
        }

        private void count(int now) {
            if (now != bucket) {
                closeBucket();
                bucket = now;
            }
            inBucket++;
        }

        void closeBucket() {
            if (inBucket > 0) {
                buckets.merge(bucket, inBucket, Integer::sum);
                inBucket = 0;
            }
        }

        private void clear() {
            latency.reset();
            buckets.clear();
            inBucket = 0;
            bucket = -1;
        }
    }

    final EventLoop loop;
    private final Map<String, ReceiverKind> kinds = new LinkedHashMap<>();
    private final Map<String, GroupTraffic> groups = new HashMap<>();
    private final AtomicLong published = new AtomicLong();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final AtomicLong faultCount = new AtomicLong();
    private long startNanos = System.nanoTime();
    private long deliveries;
    long duplicated;
    long reordered;
    long otherBytes;

    /// Ignores closed connections from now on: the coordinator asked for them.
    volatile boolean leaving;

    LoopTally(EventLoop loop) {
        this.loop = loop;
    }

    GroupTraffic group(String name, String kind) {
        return groups.computeIfAbsent(
                name, _ -> new GroupTraffic(name, kinds.computeIfAbsent(kind, ReceiverKind::new)));
    }

    Map<String, ReceiverKind> kinds() {
        return kinds;
    }

    Iterable<GroupTraffic> groups() {
        return groups.values();
    }

    void arrived(ReceivedMessage arrival, long now) {
        deliveries++;
        arrival.arrived(now);
        if (arrival.intendedNanos != 0) {
            var kind = arrival.group.kind;
            kind.latency.recordValue(Math.max(0, now - arrival.intendedNanos));
            kind.count(Math.clamp((now - startNanos) / BUCKET_NANOS, 0, BUCKETS_MAX));
        }
    }

    /// Publishes the counters to other threads.
    void publish() {
        published.lazySet(deliveries);
    }

    long deliveries() {
        return published.get();
    }

    void fault(String what) {
        if (!leaving) {
            faultCount.incrementAndGet();
            if (faults.size() < FAULTS_TOLD) {
                faults.add(what);
            }
        }
    }

    long faultCount() {
        return faultCount.get();
    }

    Queue<String> faults() {
        return new ArrayDeque<>(faults);
    }

    void beginRound(long start) {
        startNanos = start;
        deliveries = 0;
        duplicated = 0;
        reordered = 0;
        otherBytes = 0;
        faults.clear();
        faultCount.set(0);
        kinds.values().forEach(ReceiverKind::clear);
        groups.values().forEach(GroupTraffic::beginRound);
        publish();
    }
}
