@NullMarked
package io.lockstep.bench.report;

import org.jspecify.annotations.NullMarked;
