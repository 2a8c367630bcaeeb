/// A short run of the fuzzer.
@NullMarked
package io.lockstep.benchmarks.fuzz;

import org.jspecify.annotations.NullMarked;
