/// The engine on Bouncy Castle's MLS. Its classes are loaded anew for each engine, see
/// [io.lockstep.client.mls.EngineThread]; nothing outside may name them.
///
/// Threads: *confined to the engine thread*.
@NullMarked
package io.lockstep.client.bouncycastle.isolated;

import org.jspecify.annotations.NullMarked;
