package io.lockstep.gateway.connection;

import io.lockstep.gateway.limits.AddressBlock;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;

/// The unauthenticated connections, by address block. It finds the address that holds the most, and
/// its oldest connection, in logarithmic time. Not thread-safe.
///
/// ```
/// Σ over addresses = size        each connection is in one address, each address in one site
/// ```
final class UnauthenticatedConnections<T> {
    /// The connections of one address, the oldest first.
    private final Map<InetAddress, SequencedSet<T>> byAddress = new HashMap<>();

    /// The addresses of each site, in ascending order of their counts.
    private final Map<InetAddress, Ranking> bySite = new HashMap<>();

    private final Ranking sites = new Ranking();
    private int size;

    int size() {
        return size;
    }

    int of(InetAddress address) {
        var connections = byAddress.get(address);
        return connections == null ? 0 : connections.size();
    }

    int ofSite(InetAddress site) {
        return sites.count(site);
    }

    void add(AddressBlock network, T one) {
        if (byAddress.computeIfAbsent(network.address(), _ -> new LinkedHashSet<>(2)).add(one)) {
            count(network, 1);
        }
    }

    /// Does nothing if the connection is not registered.
    void remove(AddressBlock network, T one) {
        var connections = byAddress.get(network.address());
        if (connections != null && connections.remove(one)) {
            if (connections.isEmpty()) {
                byAddress.remove(network.address());
            }
            count(network, -1);
        }
    }

    private void count(AddressBlock network, int by) {
        size += by;
        sites.change(network.site(), by);
        var addresses = bySite.computeIfAbsent(network.site(), _ -> new Ranking());
        addresses.change(network.address(), by);
        if (addresses.isEmpty()) {
            bySite.remove(network.site());
        }
    }

    /// The oldest connection of the address that holds the most, in the site that holds the most.
    Optional<T> oldestOfMost() {
        return sites.most()
                .flatMap(site -> Optional.ofNullable(bySite.get(site)))
                .flatMap(Ranking::most)
                .flatMap(this::oldest);
    }

    Optional<T> oldest(InetAddress address) {
        var connections = byAddress.get(address);
        return connections == null ? Optional.empty() : Optional.of(connections.getFirst());
    }

    /// The count of the site that holds the most.
    int most() {
        return sites.highest();
    }

    /// Counts per address, ordered by count.
    private static final class Ranking {
        private final Map<InetAddress, Integer> counts = new HashMap<>();
        private final TreeMap<Integer, SequencedSet<InetAddress>> byCount = new TreeMap<>();

        boolean isEmpty() {
            return counts.isEmpty();
        }

        int count(InetAddress key) {
            return counts.getOrDefault(key, 0);
        }

        int highest() {
            return byCount.isEmpty() ? 0 : byCount.lastKey();
        }

        Optional<InetAddress> most() {
            if (byCount.isEmpty()) {
                return Optional.empty();
            }
            Iterator<InetAddress> first = byCount.lastEntry().getValue().iterator();
            return Optional.of(first.next());
        }

        void change(InetAddress key, int by) {
            int before = count(key);
            int after = before + by;
            if (before > 0) {
                var ofCount = byCount.get(before);
                if (ofCount != null) {
                    ofCount.remove(key);
                    if (ofCount.isEmpty()) {
                        byCount.remove(before);
                    }
                }
            }
            if (after > 0) {
                counts.put(key, after);
                byCount.computeIfAbsent(after, _ -> new LinkedHashSet<>(2)).add(key);
            } else {
                counts.remove(key);
            }
        }
    }
}
