package io.lockstep.redis;

import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// One operation of a store whose cost [ScriptCostIT] limits, at the largest state that the
/// product's limits allow.
///
/// @param script the script's path below `lua/`, without `.lua`; for a plain command its name in
///     upper case
/// @param state description of that state
/// @param fill creates that state once, before the measurement
/// @param run the operation; each of its commands is measured separately
public record ScriptCase(String script, String state, Runnable fill, Supplier<Mono<?>> run) {}
