/// What an operator can set: typed records that say their own keys, defaults and purposes, and the reading of
/// them from file, environment and command line.
///
/// Threads: *stateless* functions and immutable values.
@NullMarked
package io.lockstep.server.config;

import org.jspecify.annotations.NullMarked;
