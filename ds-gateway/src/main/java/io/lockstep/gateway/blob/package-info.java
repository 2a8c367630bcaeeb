/// Blobs of groups as the gateway handles them: who may put and get one, what a client may upload, and the bytes
/// that this node holds because they were asked for lately.
///
/// Threads: everything is *thread-safe*; answers come on the store's threads or on those that check bytes.
@NullMarked
package io.lockstep.gateway.blob;

import org.jspecify.annotations.NullMarked;
