/// The authentication service's part in a session: who presents this token.
///
/// Threads: everything is *thread-safe*.
@NullMarked
package io.lockstep.auth;

import org.jspecify.annotations.NullMarked;
