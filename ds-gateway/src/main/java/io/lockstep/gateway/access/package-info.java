/// What HTTP and sessions share: the services behind the gateway, pseudonyms of members, rates of clients, and
/// the rules who may do what in a group.
///
/// Threads: *thread-safe*.
@NullMarked
package io.lockstep.gateway.access;

import org.jspecify.annotations.NullMarked;
