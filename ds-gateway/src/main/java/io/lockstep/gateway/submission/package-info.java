/// From a client's frame to a submission: reads the message, checks it against the frame, and notes which
/// parts are still to be fetched.
///
/// Threads: *stateless*.
@NullMarked
package io.lockstep.gateway.submission;

import org.jspecify.annotations.NullMarked;
