/// What the programs of this distribution have in common: a command line, and starting each other.
///
/// Threads: *stateless*.
@NullMarked
package io.lockstep.cli.program;

import org.jspecify.annotations.NullMarked;
