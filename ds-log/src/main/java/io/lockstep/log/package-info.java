/// The group log as everyone sees it: what an entry is, what a store of entries must do.
///
/// Ordering appends here, fan-out follows here; neither knows the other.
///
/// Threads: values are immutable; a [io.lockstep.log.GroupLog] is *thread-safe*, and its answers come on
/// threads of its own, on which nobody may block.
@NullMarked
package io.lockstep.log;

import org.jspecify.annotations.NullMarked;
