/// One state machine for each client's connection: takes its frames, hands on what it submits, and is its
/// way out.
///
/// Threads: [io.lockstep.gateway.session.SessionRegistry] and
/// [io.lockstep.gateway.session.SessionContext] are *thread-safe*; everything else is *confined to one
/// event loop*.
@NullMarked
package io.lockstep.gateway.session;

import org.jspecify.annotations.NullMarked;
