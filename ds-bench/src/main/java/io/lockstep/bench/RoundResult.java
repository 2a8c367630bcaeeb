package io.lockstep.bench;

import io.lockstep.bench.report.Summary;
import io.lockstep.bench.traffic.Histograms;
import io.lockstep.bench.traffic.WorkerReply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/// What all receivers got in one round. Confined to one thread.
final class RoundResult {
    /// One message and its receipts at all receivers.
    static final class MessageReceipts {
        final long number;
        final long intendedNanos;
        final String sha256;

        /// Length of a message by reference; 0: it came inline.
        final long referencedBytes;

        long count;
        long firstNanos = Long.MAX_VALUE;
        long lastNanos = Long.MIN_VALUE;
        boolean bytesDiffer;

        private MessageReceipts(WorkerReply.MessageTally first) {
            number = first.number();
            intendedNanos = first.intendedNanos();
            sha256 = first.sha256();
            referencedBytes = first.referencedBytes();
        }

        private void add(WorkerReply.MessageTally more) {
            count += more.count();
            firstNanos = Math.min(firstNanos, more.firstNanos());
            lastNanos = Math.max(lastNanos, more.lastNanos());
            bytesDiffer |=
                    !more.sha256().equals(sha256) || more.referencedBytes() != referencedBytes;
        }
    }

    private record GroupPosition(String group, long position) {}

    private final Map<GroupPosition, MessageReceipts> messages = new LinkedHashMap<>();
    private final Map<String, Histogram> latencies = new LinkedHashMap<>();
    private final Map<String, SortedMap<Integer, Integer>> buckets = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();
    long deliveries;
    long duplicated;
    long reordered;
    long otherBytes;
    long faultCount;
    double clientCpuSeconds;

    void add(WorkerReply.RoundTally tally) {
        deliveries += tally.deliveries();
        duplicated += tally.duplicated();
        reordered += tally.reordered();
        otherBytes += tally.otherBytes();
        faultCount += tally.faultCount();
        faults.addAll(tally.faults());
        clientCpuSeconds += tally.cpuSeconds();
        tally.kinds()
                .forEach((name, kind) -> {
                    latencies
                            .computeIfAbsent(name, _ -> new Histogram(3))
                            .add(Histograms.decode(kind.latency()));
                    var sums = buckets.computeIfAbsent(name, _ -> new TreeMap<>());
                    kind.buckets().forEach((b, n) -> sums.merge(b, n, Integer::sum));
                });
        for (var message : tally.messages()) {
            messages.computeIfAbsent(
                            new GroupPosition(message.group(), message.position()),
                            _ -> new MessageReceipts(message))
                    .add(message);
        }
    }

    Collection<MessageReceipts> messages() {
        return messages.values();
    }

    /// @param kind kind of receivers
    Histogram latency(String kind) {
        return latencies.getOrDefault(kind, new Histogram(3));
    }

    SortedMap<Integer, Integer> buckets(String kind) {
        return buckets.getOrDefault(kind, Collections.emptySortedMap());
    }

    List<String> faults() {
        return faults;
    }

    /// Returns the error counters, by the names of their fields.
    ///
    /// @param sent SHA-256 by the number of the message
    Map<String, Double> mustNotBe(long lost, Map<Long, String> sent) {
        var fields = new LinkedHashMap<String, Double>();
        fields.put("lost", (double) lost);
        fields.put("duplicated", (double) duplicated);
        fields.put("reordered", (double) reordered);
        fields.put("otherBytes", (double) (otherBytes + otherThan(sent)));
        fields.put("faults", (double) faultCount);
        return fields;
    }

    /// Returns the median time from sending to the last receipt of messages sent together, in
    /// milliseconds; empty if nothing arrived.
    OptionalDouble lastReceiptMillis() {
        var bySending = new HashMap<Long, Long>();
        for (var message : messages()) {
            bySending.merge(message.intendedNanos, message.lastNanos, Math::max);
        }
        return bySending.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(
                        Summary.median(
                                bySending.entrySet().stream()
                                        .map(e -> LoadMode.millis(e.getValue() - e.getKey()))
                                        .toList()));
    }

    /// Counts references to anything that was not sent.
    ///
    /// @param sent length of each message sent by reference, by its SHA-256
    long otherReferences(Map<String, Long> sent) {
        return messages.values().stream()
                .filter(m -> m.referencedBytes > 0)
                .filter(m -> m.referencedBytes != sent.getOrDefault(m.sha256, -1L))
                .count();
    }

    /// Counts messages whose bytes differ from the sent ones or between receivers, messages without
    /// a readable number, and messages that were not sent. A message by reference has no number
    /// ([#otherReferences]).
    ///
    /// @param sent SHA-256 by the number of the message
    long otherThan(Map<Long, String> sent) {
        return messages.values().stream()
                .filter(m ->
                        m.bytesDiffer
                                || (m.referencedBytes == 0 && !m.sha256.equals(sent.get(m.number))))
                .count();
    }
}
