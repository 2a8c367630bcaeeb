package io.lockstep.crypto;

import io.lockstep.wire.Bytes;
import java.util.Optional;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.math.ec.ECPoint;

/// The prime curves of suites 2, 5 and 7, used for signatures and for HPKE.
final class NistCurve {
    private static final NistCurve P256 = new NistCurve("P-256", 65);
    private static final NistCurve P384 = new NistCurve("P-384", 97);
    private static final NistCurve P521 = new NistCurve("P-521", 133);

    /// First byte of an uncompressed point (SEC 1 §2.3.3), the only form that MLS uses.
    private static final int UNCOMPRESSED = 4;

    private final ECDomainParameters domain;
    private final int pointSize;

    private NistCurve(String name, int pointSize) {
        this.domain = new ECDomainParameters(CustomNamedCurves.getByName(name));
        this.pointSize = pointSize;
    }

    /// @throws IllegalArgumentException if the suite is not 2, 5 or 7
    static NistCurve of(int suite) {
        return switch (suite) {
            case 2 -> P256;
            case 5 -> P521;
            case 7 -> P384;
            default ->
                    throw new IllegalArgumentException(
                            "cipher suite " + suite + " has no prime curve");
        };
    }

    ECDomainParameters domain() {
        return domain;
    }

    /// The size of an uncompressed point in bytes.
    int pointSize() {
        return pointSize;
    }

    /// @return empty if the bytes are not an uncompressed point on the curve
    Optional<ECPoint> decode(Bytes bytes) {
        if (bytes.size() != pointSize || bytes.at(0) != UNCOMPRESSED) {
            return Optional.empty();
        }
        try {
            return Optional.of(domain.getCurve().decodePoint(bytes.toArray()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
