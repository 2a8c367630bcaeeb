/// The demo: runs real MLS clients on real WebSockets, prints what happens, and checks it.
///
/// Threads: the demo runs on the main thread and waits there. [io.lockstep.cli.demo.DeliveryRecord]
/// is *thread-safe*, and [io.lockstep.cli.demo.PlainReceiver] is confined to its event loop. All
/// other classes are confined to the main thread.
@NullMarked
package io.lockstep.cli.demo;

import org.jspecify.annotations.NullMarked;
