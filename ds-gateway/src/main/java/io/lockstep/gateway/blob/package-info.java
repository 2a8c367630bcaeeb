/// Blobs of groups in the gateway: the cache of recently used blobs, and the assembly of Welcomes
/// from them.
///
/// Threads: everything is *thread-safe*; results arrive on the store's threads or on the threads
/// that check bytes.
@NullMarked
package io.lockstep.gateway.blob;

import org.jspecify.annotations.NullMarked;
