/// Decodes bytes into values: the public parts of MLS messages, and the client protocol. No I/O.
///
/// Threads: *stateless* functions and immutable values.
@NullMarked
package io.lockstep.wire;

import org.jspecify.annotations.NullMarked;
