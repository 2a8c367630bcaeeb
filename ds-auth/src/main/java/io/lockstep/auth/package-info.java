/// The authentication service's part in a session: who presents this token.
///
/// [JwtAuthenticator] is for service, [DevAuthenticator] for development on one machine. Around either,
/// [RevocationAuthenticator] refuses the devices that their user took back ([RevocationStore]).
///
/// Threads: everything is *thread-safe*. Signatures are verified and keys are fetched on Reactor's
/// bounded-elastic threads, never on the caller's.
@NullMarked
package io.lockstep.auth;

import org.jspecify.annotations.NullMarked;
