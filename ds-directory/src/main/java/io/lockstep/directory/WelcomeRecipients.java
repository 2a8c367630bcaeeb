package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.util.Map;
import java.util.Set;

/// The owners of the KeyPackages that a Welcome names, looked up before its commit is submitted.
/// KeyPackages that the directory does not know are absent.
///
/// @param owners the publishing client by KeyPackageRef
/// @param used single-use KeyPackages that were used for another group
public record WelcomeRecipients(Map<Bytes, ClientId> owners, Set<Bytes> used) {
    public static final WelcomeRecipients NOBODY = new WelcomeRecipients(Map.of(), Set.of());

    public WelcomeRecipients {
        owners = Map.copyOf(owners);
        used = Set.copyOf(used);
    }
}
