package io.lockstep.benchmarks.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Collects the findings with their cases, and how connections ended.
///
/// Threads: *thread-safe*, by its own lock.
final class Findings {
    private static final int KEPT_MAX = 200;

    private final List<String> found = new ArrayList<>();
    private final Map<String, Long> endings = new TreeMap<>();
    private long count;

    /// @param who the case, so that it can be replayed
    synchronized void add(String who, String what) {
        count++;
        if (found.size() < KEPT_MAX) {
            found.add(who + ": " + what);
            System.err.println("finding: " + who + ": " + what);
        }
    }

    synchronized void ended(String how) {
        endings.merge(how, 1L, Long::sum);
    }

    synchronized long count() {
        return count;
    }

    synchronized List<String> all() {
        return List.copyOf(found);
    }

    synchronized Map<String, Long> endings() {
        return new TreeMap<>(endings);
    }
}
