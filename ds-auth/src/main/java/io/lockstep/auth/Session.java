package io.lockstep.auth;

import java.time.Instant;

/// What an accepted token grants.
///
/// @param expires after this the client must present a newer token; [Instant#MAX] for never
public record Session(ClientId client, Instant expires) {}
