@NullUnmarked
package io.lockstep.fanout.socket;

import org.jspecify.annotations.NullUnmarked;
