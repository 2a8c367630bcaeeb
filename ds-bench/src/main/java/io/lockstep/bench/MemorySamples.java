package io.lockstep.bench;

import io.lockstep.bench.report.MetricsPage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/// Samples of the memory of several servers over time. A value that could not be read is absent: it
/// is neither zero nor the previous value. Confined to one thread.
final class MemorySamples {
    /// The memory of one server at one moment, in bytes.
    record Sample(
            OptionalDouble resident,
            OptionalDouble heap,
            OptionalDouble direct,
            OptionalDouble pooled) {
        /// @param residentBytes resident memory; 0 if it cannot be read
        static Sample of(long residentBytes, Optional<MetricsPage> page) {
            return new Sample(
                    positive((double) residentBytes),
                    positive(page.map(ServerUnderTest::heapBytes).orElse(0.0)),
                    positive(page.map(ServerUnderTest::directBytes).orElse(0.0)),
                    page.map(p -> OptionalDouble.of(ServerUnderTest.pooledBytes(p)))
                            .orElse(OptionalDouble.empty()));
        }

        private static OptionalDouble positive(double value) {
            return value > 0 ? OptionalDouble.of(value) : OptionalDouble.empty();
        }
    }

    /// The samples of all servers at one moment.
    record Moment(double seconds, List<Sample> ofServers) {
        Moment {
            ofServers = List.copyOf(ofServers);
        }
    }

    private final List<Moment> moments = new ArrayList<>();

    void add(double seconds, List<Sample> ofServers) {
        moments.add(new Moment(seconds, ofServers));
    }

    List<Double> seconds() {
        return moments.stream().map(Moment::seconds).toList();
    }

    /// Returns the sum over the servers, for the moments at which all are known.
    List<Double> together(Function<Sample, OptionalDouble> value) {
        return moments.stream()
                .map(moment -> moment.ofServers().stream().map(value).toList())
                .filter(values -> values.stream().allMatch(OptionalDouble::isPresent))
                .map(values -> values.stream().mapToDouble(OptionalDouble::getAsDouble).sum())
                .toList();
    }

    /// @param value the value at a moment, in seconds
    record TimedValue(double seconds, double value) {}

    List<TimedValue> ofServer(int server, Function<Sample, OptionalDouble> value) {
        var all = new ArrayList<TimedValue>();
        for (var moment : moments) {
            value.apply(moment.ofServers().get(server))
                    .ifPresent(v -> all.add(new TimedValue(moment.seconds(), v)));
        }
        return all;
    }
}
