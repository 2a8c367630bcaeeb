package io.lockstep.server.health;

import java.util.concurrent.Executor;

/// An executor with one thread that must never be stuck: an event loop, a worker of a pool, a
/// timer.
///
/// @param name of the thread, for operators
/// @param executor runs a task soon unless it is stuck; `execute` never blocks
public record WatchedExecutor(String name, Executor executor) {}
