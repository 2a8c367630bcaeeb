/// The results of a load generator run: fields, checks on them, plots and pages.
///
/// Threads: *stateless*; values and pure functions.
@NullMarked
package io.lockstep.bench.report;

import org.jspecify.annotations.NullMarked;
