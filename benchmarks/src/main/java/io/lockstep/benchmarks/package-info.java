/// JMH benchmarks, one question each; results are kept in `benchmarks/results/`.
@NullMarked
package io.lockstep.benchmarks;

import org.jspecify.annotations.NullMarked;
