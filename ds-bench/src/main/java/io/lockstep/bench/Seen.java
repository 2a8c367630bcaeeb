package io.lockstep.bench;

import io.lockstep.bench.report.Summary;
import io.lockstep.bench.traffic.Histograms;
import io.lockstep.bench.traffic.Reply;
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

/// What all receivers saw in one round. Confined to one thread.
final class Seen {
    /// One message at all its receivers.
    static final class Message {
        final long number;
        final long intendedNanos;
        final String sha256;

        /// How long it is, where it goes by reference; 0: it came inline.
        final long referencedBytes;

        long count;
        long firstNanos = Long.MAX_VALUE;
        long lastNanos = Long.MIN_VALUE;
        boolean bytesDiffer;

        private Message(Reply.Message first) {
            number = first.number();
            intendedNanos = first.intendedNanos();
            sha256 = first.sha256();
            referencedBytes = first.referencedBytes();
        }

        private void add(Reply.Message more) {
            count += more.count();
            firstNanos = Math.min(firstNanos, more.firstNanos());
            lastNanos = Math.max(lastNanos, more.lastNanos());
            bytesDiffer |=
                    !more.sha256().equals(sha256) || more.referencedBytes() != referencedBytes;
        }
    }

    private record Place(String group, long position) {}

    private final Map<Place, Message> messages = new LinkedHashMap<>();
    private final Map<String, Histogram> latencies = new LinkedHashMap<>();
    private final Map<String, SortedMap<Integer, Integer>> buckets = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();
    long deliveries;
    long duplicated;
    long reordered;
    long otherBytes;
    long faultCount;
    double clientCpuSeconds;

    void add(Reply.Tally tally) {
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
                            new Place(message.group(), message.position()),
                            _ -> new Message(message))
                    .add(message);
        }
    }

    Collection<Message> messages() {
        return messages.values();
    }

    /// @param kind of receivers
    Histogram latency(String kind) {
        return latencies.getOrDefault(kind, new Histogram(3));
    }

    SortedMap<Integer, Integer> buckets(String kind) {
        return buckets.getOrDefault(kind, Collections.emptySortedMap());
    }

    List<String> faults() {
        return faults;
    }

    /// What must not be, by the names of its fields.
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

    /// From sending to the last receipt of what was sent together: the median, in milliseconds; empty where
    /// nothing came.
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
                                        .map(e -> Mode.millis(e.getValue() - e.getKey()))
                                        .toList()));
    }

    /// References to something else than was sent.
    ///
    /// @param sent how long what was sent by reference is, by its SHA-256
    long otherReferences(Map<String, Long> sent) {
        return messages.values().stream()
                .filter(m -> m.referencedBytes > 0)
                .filter(m -> m.referencedBytes != sent.getOrDefault(m.sha256, -1L))
                .count();
    }

    /// Messages whose bytes are not those that were sent, or not the same everywhere. One that has no number to
    /// be read, or one that was not sent, is among them; what goes by reference has none ([#otherReferences]).
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
