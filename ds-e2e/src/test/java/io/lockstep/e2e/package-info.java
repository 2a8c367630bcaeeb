/// Tests of the whole service from the outside: real processes, sockets, Redis and MLS.
@NullMarked
package io.lockstep.e2e;

import org.jspecify.annotations.NullMarked;
