/// Authentication of clients: verifies tokens and checks revocations.
///
/// [JwtAuthenticator] is for production, [DevAuthenticator] for development on one machine.
/// [RevocationAuthenticator] wraps either and refuses revoked devices ([RevocationStore]).
///
/// Threads: everything is *thread-safe*. Signatures are verified and keys are loaded on Reactor's
/// bounded-elastic threads, never on the caller's.
@NullMarked
package io.lockstep.auth;

import org.jspecify.annotations.NullMarked;
