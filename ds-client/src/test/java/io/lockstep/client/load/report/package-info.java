@NullMarked
package io.lockstep.client.load.report;

import org.jspecify.annotations.NullMarked;
