/// Tests of the pure rules.
@NullMarked
package io.lockstep.ordering.state;

import org.jspecify.annotations.NullMarked;
