/// The engine on Bouncy Castle's MLS. Its classes are loaded anew for each engine, see
/// [io.lockstep.client.mls.IsolatedEngine]; nothing outside may name them.
///
/// Threads: *confined to the engine thread*.
@NullMarked
package io.lockstep.client.mls.bcmls;

import org.jspecify.annotations.NullMarked;
