/// The whole service as its clients see it: real processes, sockets, Redis, MLS.
@NullMarked
package io.lockstep.e2e;

import org.jspecify.annotations.NullMarked;
