/// `demo`: a story told by real MLS clients on real WebSockets, which checks what it tells.
///
/// Threads: the story runs on the main thread and waits there; [io.lockstep.cli.demo.Ledger] and
/// [io.lockstep.cli.demo.Receiver] are *thread-safe*, everything else is confined to the main thread.
@NullMarked
package io.lockstep.cli.demo;

import org.jspecify.annotations.NullMarked;
