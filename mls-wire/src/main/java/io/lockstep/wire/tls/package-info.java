/// The TLS presentation language as MLS uses it (RFC 9420 §2.1): integers, optionals, variable-size
/// vectors.
///
/// Threads: each reader is *confined* to whoever made it; functions are *stateless*.
@NullMarked
package io.lockstep.wire.tls;

import org.jspecify.annotations.NullMarked;
