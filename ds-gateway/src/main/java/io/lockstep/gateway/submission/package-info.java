/// Parses a client's frame into a submission: parses the MLS message, checks it against the frame,
/// and determines which blobs must be fetched.
///
/// Threads: *stateless*.
@NullMarked
package io.lockstep.gateway.submission;

import org.jspecify.annotations.NullMarked;
