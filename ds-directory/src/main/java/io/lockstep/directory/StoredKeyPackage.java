package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.time.Instant;

/// A KeyPackage as the directory keeps it.
///
/// @param ref KeyPackageRef: the suite's hash over the bare KeyPackage (RFC 9420 §5.2); of an unknown version
///     SHA-256 over a label, the version and the bytes
/// @param shelf its version and cipher suite
/// @param lastResort whether it may be handed out again when nothing else is left
/// @param expires the end of its lifetime
/// @param message MLSMessage with the KeyPackage; of an unknown version the bytes as they came
public record StoredKeyPackage(
        ClientId owner,
        Bytes ref,
        KeyPackageKind shelf,
        boolean lastResort,
        Instant expires,
        Bytes message) {}
