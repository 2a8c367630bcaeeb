/// All limits of the gateway, in bytes and in count, and the budget of bytes that unauthenticated
/// connections share.
///
/// Threads: values are immutable; [io.lockstep.gateway.limits.ByteBudget] is *thread-safe*.
@NullMarked
package io.lockstep.gateway.limits;

import org.jspecify.annotations.NullMarked;
