/// The client protocol: frames and their two encodings.
///
/// Threads: *stateless* functions and immutable values.
@NullMarked
package io.lockstep.wire.frame;

import org.jspecify.annotations.NullMarked;
