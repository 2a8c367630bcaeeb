package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.util.Map;
import java.util.Set;

/// What the directory knows of the KeyPackages that a Welcome names. Of the others nothing is known.
///
/// @param owners whose they are
/// @param used single-use ones that were used for another group
public record WelcomeRecipients(Map<Bytes, ClientId> owners, Set<Bytes> used) {
    public static final WelcomeRecipients NOBODY = new WelcomeRecipients(Map.of(), Set.of());

    public WelcomeRecipients {
        owners = Map.copyOf(owners);
        used = Set.copyOf(used);
    }
}
