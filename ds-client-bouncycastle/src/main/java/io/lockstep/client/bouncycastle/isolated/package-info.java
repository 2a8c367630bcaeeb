/// The MLS engine on Bouncy Castle. Each engine loads these classes again, see
/// [io.lockstep.client.bouncycastle.BouncyCastleEngine]. No class outside may refer to them by
/// name.
///
/// Threads: *confined to the engine thread*.
@NullMarked
package io.lockstep.client.bouncycastle.isolated;

import org.jspecify.annotations.NullMarked;
