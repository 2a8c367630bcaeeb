package io.lockstep.client.load;

import io.lockstep.client.load.traffic.Dialect;
import java.util.List;

/// A server in a comparison, as the script that started it tells.
///
/// @param name unique, without dots
/// @param subscribe where receivers connect, in turns
/// @param publish where the sender connects: to each of them, where every process must be told by itself
/// @param pids whose CPU time is the server's
/// @param besidePids whose CPU time is told apart: a store behind the server
record Contestant(
        String name,
        Dialect dialect,
        List<String> subscribe,
        List<String> publish,
        List<Long> pids,
        List<Long> besidePids) {
    Contestant {
        subscribe = List.copyOf(subscribe);
        publish = List.copyOf(publish);
        pids = List.copyOf(pids);
        besidePids = List.copyOf(besidePids);
    }

    double cpuSeconds() {
        return pids.stream().mapToDouble(Server::cpuSeconds).sum();
    }

    double besideCpuSeconds() {
        return besidePids.stream().mapToDouble(Server::cpuSeconds).sum();
    }
}
