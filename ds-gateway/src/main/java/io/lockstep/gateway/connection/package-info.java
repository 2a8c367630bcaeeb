/// Admission of connections: their addresses, their number, and whether their bytes arrive fast
/// enough.
///
/// Threads: [io.lockstep.gateway.connection.ConnectionAdmission] and the counters are
/// *thread-safe*; what belongs to a connection is *confined to one event loop*.
@NullMarked
package io.lockstep.gateway.connection;

import org.jspecify.annotations.NullMarked;
