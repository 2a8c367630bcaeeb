/// A member of MLS groups over the network: combines the client library with an MLS engine.
///
/// Threads: everything here is *confined to its device's engine thread*, except methods that return
/// a Mono or state otherwise: those are *thread-safe*.
@NullMarked
package io.lockstep.client.member;

import org.jspecify.annotations.NullMarked;
