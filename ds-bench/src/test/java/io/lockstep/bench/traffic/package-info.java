@NullMarked
package io.lockstep.bench.traffic;

import org.jspecify.annotations.NullMarked;
