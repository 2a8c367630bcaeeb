package io.lockstep.bench;

import io.lockstep.bench.traffic.Dialect;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/// A server in a comparison, as described by the script that started it.
///
/// @param name unique, without dots
/// @param subscribe URLs to which receivers connect, in turn
/// @param publish URLs to which the sender connects: all of them, if each process needs its own
///     message
/// @param pids processes whose CPU time is the server's
/// @param besidePids processes whose CPU time is reported separately, such as a store
/// @param operations URL of our metrics, for the heap; empty for other servers
record Contestant(
        String name,
        Dialect dialect,
        List<String> subscribe,
        List<String> publish,
        List<Long> pids,
        List<Long> besidePids,
        List<String> operations) {
    Contestant {
        subscribe = List.copyOf(subscribe);
        publish = List.copyOf(publish);
        pids = List.copyOf(pids);
        besidePids = List.copyOf(besidePids);
        operations = List.copyOf(operations);
    }

    double cpuSeconds() {
        return pids.stream().mapToDouble(CpuClock::seconds).sum();
    }

    double residentBytes() {
        return pids.stream().mapToDouble(ServerUnderTest::residentBytes).sum();
    }

    /// Returns the live heap after a full collection; empty if there is none, or it cannot be
    /// measured.
    OptionalDouble liveHeapBytes() {
        return operations.size() == pids.size()
                ? ServerUnderTest.liveHeapBytes(
                        IntStream.range(0, pids.size())
                                .mapToObj(i ->
                                        new ServerUnderTest(
                                                URI.create(subscribe.get(i)),
                                                Optional.of(URI.create(operations.get(i))),
                                                OptionalLong.of(pids.get(i)),
                                                Optional.empty()))
                                .toList())
                : OptionalDouble.empty();
    }

    /// Returns the number of open files, sockets included, of its process with the most.
    int filesMost() {
        return pids.stream().mapToInt(ServerUnderTest::openFiles).max().orElse(0);
    }

    double besideCpuSeconds() {
        return besidePids.stream().mapToDouble(CpuClock::seconds).sum();
    }
}
