/// Cryptographic checks of MLS structures: signatures, public keys, tree hashes (RFC 9420 §5.1,
/// §7.8). Only this package of the server uses Bouncy Castle.
///
/// Threads: *stateless*, unless a class comment states otherwise. Checks take tens of microseconds
/// to tenths of a second and must not run on event loops.
@NullMarked
package io.lockstep.crypto;

import org.jspecify.annotations.NullMarked;
