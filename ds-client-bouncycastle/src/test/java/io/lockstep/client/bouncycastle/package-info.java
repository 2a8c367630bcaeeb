@NullMarked
package io.lockstep.client.bouncycastle;

import org.jspecify.annotations.NullMarked;
