package io.lockstep.redis;

import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// One operation of a store whose cost is held to [ScriptCostIT]'s limits, at the largest state that the
/// product's limits permit.
///
/// @param script the script's path below `lua/`, without `.lua`; for a plain command its name in upper case
/// @param state which state that is, in words
/// @param fill brings that state about, once, before the measurement
/// @param run the operation: each of its commands is measured by itself
public record ScriptCase(String script, String state, Runnable fill, Supplier<Mono<?>> run) {}
