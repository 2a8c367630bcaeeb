/// Checks of MLS structures by computing: signatures, public keys, tree hashes (RFC 9420 §5.1, §7.8). The only
/// users of Bouncy Castle in the server.
///
/// Threads: *stateless*, except where a class says so. Keep checks off the event loops: they take tens of
/// microseconds to tenths of a second.
@NullMarked
package io.lockstep.crypto;

import org.jspecify.annotations.NullMarked;
