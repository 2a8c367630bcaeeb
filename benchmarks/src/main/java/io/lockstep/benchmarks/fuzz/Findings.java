package io.lockstep.benchmarks.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What was wrong, by whom, and how connections ended.
///
/// Threads: guarded by itself.
final class Findings {
    private static final int KEPT_MAX = 200;

    private final List<String> found = new ArrayList<>();
    private final Map<String, Long> endings = new TreeMap<>();
    private long count;

    /// @param who the case, so that it can be played again
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
