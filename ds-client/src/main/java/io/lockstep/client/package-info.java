/// The client library of the protocol.
///
/// Threads: [io.lockstep.client.LockstepClient] and its public parts are *thread-safe*. Classes
/// that are not public are *confined to one event loop*, that of the client.
@NullMarked
package io.lockstep.client;

import org.jspecify.annotations.NullMarked;
