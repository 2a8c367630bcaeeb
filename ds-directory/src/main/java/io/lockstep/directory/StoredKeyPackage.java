package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.time.Instant;

/// A KeyPackage as the directory stores it.
///
/// @param ref KeyPackageRef: the suite's hash over the bare KeyPackage (RFC 9420 §5.2); for an
///     unknown version SHA-256 over a label, the version and the bytes
/// @param kind its version and cipher suite
/// @param lastResort whether it may be handed out repeatedly when no single-use one is left
/// @param expires the end of its lifetime
/// @param message MLSMessage with the KeyPackage; for an unknown version the bytes as published
public record StoredKeyPackage(
        ClientId owner,
        Bytes ref,
        KeyPackageKind kind,
        boolean lastResort,
        Instant expires,
        Bytes message) {}
