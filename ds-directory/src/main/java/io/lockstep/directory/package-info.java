/// The directory: KeyPackages that joiners claim, once each, and inboxes with their Welcomes.
///
/// Threads: everything is *thread-safe*; ports complete on threads of their implementation.
@NullMarked
package io.lockstep.directory;

import org.jspecify.annotations.NullMarked;
