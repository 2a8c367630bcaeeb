/// What a joiner fetches: KeyPackages, claimed once each, and the Welcomes in its inbox.
///
/// Threads: everything is *thread-safe*; ports answer on threads of their implementation.
@NullMarked
package io.lockstep.directory;

import org.jspecify.annotations.NullMarked;
