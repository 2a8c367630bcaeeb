/// Bytes in, values out: what a server may read of MLS, and the client protocol. No I/O.
///
/// Threads: *stateless* functions and immutable values.
@NullMarked
package io.lockstep.wire;

import org.jspecify.annotations.NullMarked;
