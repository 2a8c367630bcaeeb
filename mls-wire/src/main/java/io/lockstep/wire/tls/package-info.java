/// The TLS presentation language of MLS (RFC 9420 §2.1): integers, optionals, variable-size
/// vectors.
///
/// Threads: each reader is *confined* to its creator; functions are *stateless*.
@NullMarked
package io.lockstep.wire.tls;

import org.jspecify.annotations.NullMarked;
