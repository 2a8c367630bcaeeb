package io.lockstep.benchmarks.attacks;

import io.lockstep.crypto.KeyPackageMaker;
import io.lockstep.crypto.SuiteKeys;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MlsBytes;
import java.io.ByteArrayOutputStream;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.Stream;

/// Generates valid KeyPackages (RFC 9420 §10.1), single or as a request body: of suite 1, which are
/// quick to generate, and of suite 5 (P-521), which are the most expensive to verify. All of a
/// suite have one signature key.
///
/// Threads: *thread-safe*, by its own lock.
final class KeyPackageGenerator {
    private static final int P521 = 5;
    private static final int POINTS = 40;

    private final SecureRandom random = new SecureRandom();
    private List<Bytes> points = List.of();
    private int made;

    /// @param identity of the basic credential
    /// @param padding bytes of an unknown extension
    byte[] next(String identity, int padding) {
        var maker = KeyPackageMaker.of(identity).holdingNow();
        if (padding > 0) {
            var bytes = new byte[padding];
            random.nextBytes(bytes);
            maker.ownExtension("f001" + MlsBytes.vector(Bytes.wrap(bytes)).hex());
        }
        return maker.bare().toArray();
    }

    synchronized byte[] nextP521(String identity) {
        if (points.isEmpty()) {
            points =
                    Stream.generate(() -> SuiteKeys.hpkeKey(P521, Bytes.EMPTY))
                            .limit(POINTS)
                            .toList();
        }
        // Each pair of different points once.
        int i = made % POINTS;
        int j = (i + 1 + made / POINTS % (POINTS - 1)) % POINTS;
        made++;
        return KeyPackageMaker.of(identity, P521, points.get(i), points.get(j))
                .holdingNow()
                .bare()
                .toArray();
    }

    /// A request body with `count` KeyPackages.
    byte[] body(int count, String identity, int padding) {
        var body = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            body.writeBytes(next(identity, padding));
        }
        return body.toByteArray();
    }
}
