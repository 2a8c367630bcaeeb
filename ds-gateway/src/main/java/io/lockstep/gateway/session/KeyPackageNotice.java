package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.KeyPackageDirectory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells a client that its KeyPackages run low, or that its last resort was handed out: when its
/// session opens, when a claim reduces a suite to the low-water mark, and when a claim is the first
/// to be given a last resort. It sends the counts at the time of its read. A failed read is not
/// repeated, because the next claim or the next session reads again. Stateless.
final class KeyPackageNotice {
    private static final Logger LOG = LoggerFactory.getLogger(KeyPackageNotice.class);

    private KeyPackageNotice() {}

    static void check(KeyPackageDirectory keyPackages, ClientId client, SessionIo io) {
        keyPackages
                .low(client)
                .filter(remaining -> !remaining.isEmpty())
                .subscribe(
                        remaining ->
                                io.onLoop(() -> io.send(ServerFrames.keyPackagesLow(remaining))),
                        error ->
                                LOG.warn("KeyPackages could not be counted: {}", error.toString()));
    }
}
