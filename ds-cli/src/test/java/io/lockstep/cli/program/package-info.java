@NullMarked
package io.lockstep.cli.program;

import org.jspecify.annotations.NullMarked;
