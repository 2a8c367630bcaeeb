package io.lockstep.directory;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// What a claim asks for.
///
/// @param suites cipher suites of MLS 1.0 in order of preference
/// @param versions of MLS in order of preference
/// @param needed what the client must support; of other versions than 1 nothing is known, and nothing asked
public record ClaimRequest(List<Integer> suites, List<Integer> versions, Features needed) {
    public ClaimRequest {
        suites = List.copyOf(new LinkedHashSet<>(suites));
        versions = List.copyOf(new LinkedHashSet<>(versions));
    }

    /// MLS 1.0, of any features.
    public static ClaimRequest ofSuites(List<Integer> suites) {
        return new ClaimRequest(suites, List.of(KeyPackageKind.MLS10), Features.NONE);
    }

    /// Where to look, in order of preference.
    public List<KeyPackageKind> shelves() {
        var shelves = new ArrayList<KeyPackageKind>();
        for (int version : versions) {
            if (version == KeyPackageKind.MLS10) {
                suites.forEach(suite -> shelves.add(KeyPackageKind.ofSuite(suite)));
            } else {
                shelves.add(KeyPackageKind.ofVersion(version));
            }
        }
        return shelves;
    }
}
