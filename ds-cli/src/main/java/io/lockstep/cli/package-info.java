/// The commands for using a group: `keys`, `group`, `send`, `tail`, `chat`. A device's state is one
/// folder. One process at a time holds it; other processes hand it their requests.
///
/// Threads: commands run on the main thread. [io.lockstep.cli.LocalDevice] is *thread-safe*; other
/// classes are *confined to the thread that created them*, unless they state otherwise.
@NullMarked
package io.lockstep.cli;

import org.jspecify.annotations.NullMarked;
