@NullMarked
package io.lockstep.client.load.traffic;

import org.jspecify.annotations.NullMarked;
