/// The operations that the client port offers over HTTP. `openapi.yaml` describes them.
///
/// Threads: routes are *thread-safe* and answer on threads of their services.
@NullMarked
package io.lockstep.gateway.route;

import org.jspecify.annotations.NullMarked;
