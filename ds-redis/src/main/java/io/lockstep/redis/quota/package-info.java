/// Accounts of use on Redis. *Thread-safe*.
@NullMarked
package io.lockstep.redis.quota;

import org.jspecify.annotations.NullMarked;
