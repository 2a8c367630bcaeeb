@NullMarked
package io.lockstep.client.mls;

import org.jspecify.annotations.NullMarked;
