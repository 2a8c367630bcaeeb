/// Every Redis key, script and command of the service.
@NullMarked
package io.lockstep.redis;

import org.jspecify.annotations.NullMarked;
