package io.lockstep.directory;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// The criteria of a claim.
///
/// @param suites cipher suites of MLS 1.0 in order of preference
/// @param versions MLS versions in order of preference
/// @param needed features that the client must support; not applied to versions other than 1,
///     because their features are unknown
public record ClaimRequest(List<Integer> suites, List<Integer> versions, Features needed) {
    public ClaimRequest {
        suites = List.copyOf(new LinkedHashSet<>(suites));
        versions = List.copyOf(new LinkedHashSet<>(versions));
    }

    /// A request for MLS 1.0 with any features.
    public static ClaimRequest ofSuites(List<Integer> suites) {
        return new ClaimRequest(suites, List.of(KeyPackageKind.MLS10), Features.NONE);
    }

    /// The kinds to search, in order of preference.
    public List<KeyPackageKind> kinds() {
        var kinds = new ArrayList<KeyPackageKind>();
        for (int version : versions) {
            if (version == KeyPackageKind.MLS10) {
                suites.forEach(suite -> kinds.add(KeyPackageKind.ofSuite(suite)));
            } else {
                kinds.add(KeyPackageKind.ofVersion(version));
            }
        }
        return kinds;
    }
}
