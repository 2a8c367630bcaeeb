@NullMarked
package io.lockstep.client;

import org.jspecify.annotations.NullMarked;
