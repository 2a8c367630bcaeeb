/// The settings of an operator: typed records that define keys, defaults and purposes, and a reader
/// for file, environment and command line.
///
/// Threads: *stateless* functions and immutable values.
@NullMarked
package io.lockstep.server.config;

import org.jspecify.annotations.NullMarked;
