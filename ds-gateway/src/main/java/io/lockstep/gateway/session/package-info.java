/// One state machine per client connection: it processes the client's frames, hands its submissions
/// to ordering, and sends frames to it.
///
/// Threads: [io.lockstep.gateway.session.SessionRegistry] and
/// [io.lockstep.gateway.session.SessionContext] are *thread-safe*; everything else is *confined to
/// one event loop*.
@NullMarked
package io.lockstep.gateway.session;

import org.jspecify.annotations.NullMarked;
