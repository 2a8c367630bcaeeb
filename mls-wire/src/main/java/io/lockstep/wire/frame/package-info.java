/// The client protocol: frames, their two encodings, and the registry of codes.
///
/// Threads: *stateless* functions and immutable values.
@NullMarked
package io.lockstep.wire.frame;

import org.jspecify.annotations.NullMarked;
