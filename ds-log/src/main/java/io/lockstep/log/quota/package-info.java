/// The port for accounts of use that all nodes share. *Thread-safe*.
@NullMarked
package io.lockstep.log.quota;

import org.jspecify.annotations.NullMarked;
