/// What HTTP and sessions share: the services behind the gateway, pseudonyms of members, rate
/// limits of clients, and the rules that decide what a client may do in a group.
///
/// Threads: *thread-safe*.
@NullMarked
package io.lockstep.gateway.access;

import org.jspecify.annotations.NullMarked;
