/// The command line and process start that the programs of this distribution share.
///
/// Threads: *stateless*.
@NullMarked
package io.lockstep.cli.program;

import org.jspecify.annotations.NullMarked;
