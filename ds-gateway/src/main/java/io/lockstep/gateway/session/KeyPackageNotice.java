package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.KeyPackageDirectory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells one client when its KeyPackages run low: when its session opens, and when a claim has brought a suite
/// to the mark. What is told is what is left when it looks; a look that fails is not repeated, for a claim of the
/// last one looks again, and so does the next session. Stateless.
final class KeyPackageNotice {
    private static final Logger log = LoggerFactory.getLogger(KeyPackageNotice.class);

    private KeyPackageNotice() {}

    static void look(KeyPackageDirectory keyPackages, ClientId client, SessionIo sink) {
        keyPackages
                .low(client)
                .filter(left -> !left.isEmpty())
                .subscribe(
                        left -> sink.onLoop(() -> sink.send(ServerFrames.keyPackagesLow(left))),
                        error -> log.warn("KeyPackages were not counted: {}", error.toString()));
    }
}
