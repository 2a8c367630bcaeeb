/// MLS engines on Bouncy Castle for the client library.
///
/// Threads: [io.lockstep.client.bouncycastle.BouncyCastleEngine] is *stateless*; an engine is
/// *confined to its engine thread*.
@NullMarked
package io.lockstep.client.bouncycastle;

import org.jspecify.annotations.NullMarked;
