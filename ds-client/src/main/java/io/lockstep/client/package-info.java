/// The client library, its MLS engines, and the programs built on them.
@NullMarked
package io.lockstep.client;

import org.jspecify.annotations.NullMarked;
