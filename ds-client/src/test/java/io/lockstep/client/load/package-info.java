@NullMarked
package io.lockstep.client.load;

import org.jspecify.annotations.NullMarked;
