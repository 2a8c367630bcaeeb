/// The edge: Netty pipeline, WebSocket sessions, HTTP.
@NullMarked
package io.lockstep.gateway;

import org.jspecify.annotations.NullMarked;
