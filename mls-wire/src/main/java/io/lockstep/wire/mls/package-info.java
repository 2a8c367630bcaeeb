/// The MLS structures (RFC 9420) that a Delivery Service may read. Encrypted parts are never
/// decoded.
///
/// Threads: *stateless* functions and immutable values.
@NullMarked
package io.lockstep.wire.mls;

import org.jspecify.annotations.NullMarked;
