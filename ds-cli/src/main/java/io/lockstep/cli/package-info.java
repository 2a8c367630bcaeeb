/// The commands with which people use a group: `keys`, `group`, `send`, `tail`, `chat`. A device's state is one
/// folder, and one process at a time holds it; the others hand it their request.
///
/// Threads: commands run on the main thread; [io.lockstep.cli.LocalDevice] is *thread-safe*, everything
/// else is *confined to the thread that made it* unless it says so.
@NullMarked
package io.lockstep.cli;

import org.jspecify.annotations.NullMarked;
