/// A member of MLS groups over the network: the client library and an MLS engine together.
///
/// Threads: everything here is *confined to its device's engine thread*, except where a method returns a Mono
/// or says otherwise: those are *thread-safe*.
@NullMarked
package io.lockstep.client.member;

import org.jspecify.annotations.NullMarked;
