package io.lockstep.bench;

import io.lockstep.bench.traffic.Dialect;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/// A server in a comparison, as the script that started it tells.
///
/// @param name unique, without dots
/// @param subscribe where receivers connect, in turns
/// @param publish where the sender connects: to each of them, where every process must be told by itself
/// @param pids whose CPU time is the server's
/// @param besidePids whose CPU time is told apart: a store behind the server
/// @param operations where metrics of ours are, for the heap; none of others
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
        return pids.stream().mapToDouble(Server::residentBytes).sum();
    }

    /// Heap that is alive after a full collection; empty where there is none, or none that can be asked.
    OptionalDouble liveHeapBytes() {
        return operations.size() == pids.size()
                ? Server.liveHeapBytes(
                        IntStream.range(0, pids.size())
                                .mapToObj(i ->
                                        new Server(
                                                URI.create(subscribe.get(i)),
                                                Optional.of(URI.create(operations.get(i))),
                                                OptionalLong.of(pids.get(i)),
                                                Optional.empty()))
                                .toList())
                : OptionalDouble.empty();
    }

    /// Files that its process with the most has open, sockets among them.
    int filesMost() {
        return pids.stream().mapToInt(Server::openFiles).max().orElse(0);
    }

    double besideCpuSeconds() {
        return besidePids.stream().mapToDouble(CpuClock::seconds).sum();
    }
}
