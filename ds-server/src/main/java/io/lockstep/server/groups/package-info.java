/// The operator's view of groups, and its commands for them, as operations over HTTP.
///
/// Threads: *thread-safe*; answers arrive on threads of ordering and of the log.
@NullMarked
package io.lockstep.server.groups;

import org.jspecify.annotations.NullMarked;
