@NullMarked
package io.lockstep.client.member;

import org.jspecify.annotations.NullMarked;
