/// What a client needs of MLS itself (RFC 9420), as an interface, and engines that run by themselves.
///
/// Threads: an [io.lockstep.client.mls.MlsEngine] and all that comes from it is *confined to its engine
/// thread*; [io.lockstep.client.mls.EngineThread] is *thread-safe* and owns that thread.
@NullMarked
package io.lockstep.client.mls;

import org.jspecify.annotations.NullMarked;
