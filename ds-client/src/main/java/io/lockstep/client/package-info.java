/// The client library of the protocol, and the programs built on it.
///
/// Threads: [io.lockstep.client.LockstepClient] and what it is built from are *thread-safe*; classes that
/// are not public are *confined to one event loop*, the client's.
@NullMarked
package io.lockstep.client;

import org.jspecify.annotations.NullMarked;
