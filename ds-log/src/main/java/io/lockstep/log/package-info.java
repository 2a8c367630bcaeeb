/// The API of the group log: entries, and the interfaces that a store of entries implements.
///
/// Ordering appends here, fan-out follows here; neither knows the other.
///
/// Threads: values are immutable; a [io.lockstep.log.GroupLog] is *thread-safe*, and its answers
/// arrive on its own threads, which callers must not block.
@NullMarked
package io.lockstep.log;

import org.jspecify.annotations.NullMarked;
