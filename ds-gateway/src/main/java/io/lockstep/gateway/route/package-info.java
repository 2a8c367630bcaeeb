/// The operations of the HTTP interface on the client port. `openapi.yaml` describes them.
///
/// Threads: routes are *thread-safe* and answer on threads of their services.
@NullMarked
package io.lockstep.gateway.route;

import org.jspecify.annotations.NullMarked;
