/// `demo`: a story told by real MLS clients on real WebSockets, which checks what it tells.
///
/// Threads: the story runs on the main thread and waits there; [io.lockstep.client.demo.Ledger] and
/// [io.lockstep.client.demo.Receiver] are *thread-safe*, everything else is confined to the main thread.
@NullMarked
package io.lockstep.client.demo;

import org.jspecify.annotations.NullMarked;
