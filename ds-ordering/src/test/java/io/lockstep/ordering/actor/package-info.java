/// Tests of ordering: pure rules, actors, a seeded simulation of several nodes over one log.
@NullMarked
package io.lockstep.ordering.actor;

import org.jspecify.annotations.NullMarked;
