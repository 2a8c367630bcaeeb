/// What a run of the load generator found out: fields, checks on them, plots and pages.
///
/// Values and pure functions.
@NullMarked
package io.lockstep.bench.report;

import org.jspecify.annotations.NullMarked;
