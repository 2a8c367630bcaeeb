package io.lockstep.runtime;

import io.lockstep.wire.Bytes;
import java.util.List;
import java.util.Optional;

/// The deployment keys that a node holds. The first one is current: it seals what is written. Each
/// opens what it sealed before.
public record DeploymentKeys(List<DeploymentKey> all) {
    /// More than an operator has at a time; a value without an id is tried with each.
    public static final int COUNT_MAX = 8;

    public DeploymentKeys {
        all = List.copyOf(all);
        if (all.isEmpty() || all.size() > COUNT_MAX) {
            throw new IllegalArgumentException(
                    "1 to " + COUNT_MAX + " deployment keys, not " + all.size());
        }
        if (all.stream().map(DeploymentKey::id).distinct().count() < all.size()) {
            throw new IllegalArgumentException("a deployment key occurs twice");
        }
    }

    public static DeploymentKeys of(DeploymentKey only) {
        return new DeploymentKeys(List.of(only));
    }

    public DeploymentKey current() {
        return all.getFirst();
    }

    /// @param id see [DeploymentKey#id]
    public Optional<DeploymentKey> withId(Bytes id) {
        return all.stream().filter(key -> key.id().equals(id)).findFirst();
    }

    @Override
    public String toString() {
        return "DeploymentKeys(" + all.size() + ")";
    }
}
