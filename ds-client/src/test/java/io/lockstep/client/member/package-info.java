/// Tests of [io.lockstep.client.member].
@NullMarked
package io.lockstep.client.member;

import org.jspecify.annotations.NullMarked;
