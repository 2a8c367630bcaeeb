@NullMarked
package io.lockstep.client.command;

import org.jspecify.annotations.NullMarked;
