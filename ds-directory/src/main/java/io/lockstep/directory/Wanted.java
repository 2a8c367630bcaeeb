package io.lockstep.directory;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// What a claim asks for.
///
/// @param suites cipher suites of MLS 1.0 in order of preference
/// @param versions of MLS in order of preference
/// @param needed what the client must support; of other versions than 1 nothing is known, and nothing asked
public record Wanted(List<Integer> suites, List<Integer> versions, Features needed) {
    public Wanted {
        suites = List.copyOf(new LinkedHashSet<>(suites));
        versions = List.copyOf(new LinkedHashSet<>(versions));
    }

    /// MLS 1.0, of any features.
    public static Wanted ofSuites(List<Integer> suites) {
        return new Wanted(suites, List.of(Shelf.MLS10), Features.NONE);
    }

    /// Where to look, in order of preference.
    public List<Shelf> shelves() {
        var shelves = new ArrayList<Shelf>();
        for (int version : versions) {
            if (version == Shelf.MLS10) {
                suites.forEach(suite -> shelves.add(Shelf.ofSuite(suite)));
            } else {
                shelves.add(Shelf.ofVersion(version));
            }
        }
        return shelves;
    }
}
