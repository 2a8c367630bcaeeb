/// JMH benchmarks with one question each. `benchmarks/results/` contains their results.
@NullMarked
package io.lockstep.benchmarks;

import org.jspecify.annotations.NullMarked;
