/// The MLS engine interface (RFC 9420) that the client library calls, and the thread that confines
/// an engine.
///
/// Threads: an [io.lockstep.client.mls.MlsEngine] and its objects are *confined to its engine
/// thread*. [io.lockstep.client.mls.EngineThread] is *thread-safe* and owns that thread.
@NullMarked
package io.lockstep.client.mls;

import org.jspecify.annotations.NullMarked;
