package io.lockstep.crypto;

import io.lockstep.wire.Bytes;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;

/// An ECDSA-Sig-Value (RFC 5480), decoded strictly from DER: one form for each value, no trailing
/// bytes.
///
/// ```
/// 30 <length> 02 <length> r 02 <length> s        both positive, without needless leading zeros
/// ```
record EcdsaSignature(BigInteger r, BigInteger s) {
    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;

    /// Two numbers of P-521 and their headers.
    private static final int BYTES_MAX = 3 + 2 * (2 + 66);

    /// @return empty if the bytes have any other form
    static Optional<EcdsaSignature> read(Bytes der) {
        var in = der.toArray();
        if (in.length < 8 || in.length > BYTES_MAX || (in[0] & 0xff) != SEQUENCE) {
            return Optional.empty();
        }
        // A length of 128 or more is encoded as 81 and one byte.
        boolean isLong = (in[1] & 0xff) == 0x81;
        int body = isLong ? 3 : 2;
        int length = isLong ? in[2] & 0xff : in[1] & 0xff;
        if (length != in.length - body || length >= 0x80 != isLong) {
            return Optional.empty();
        }
        int next = end(in, body);
        if (next < 0 || end(in, next) != in.length) {
            return Optional.empty();
        }
        return Optional.of(new EcdsaSignature(number(in, body, next), number(in, next, in.length)));
    }

    /// @return the end of the integer at `start`; -1 if there is none in its only valid form
    private static int end(byte[] in, int start) {
        if (in.length - start < 3 || in[start] != INTEGER) {
            return -1;
        }
        int length = in[start + 1] & 0xff;
        int first = start + 2;
        if (length < 1 || length > 0x7f || length > in.length - first || in[first] < 0) {
            return -1;
        }
        boolean padded = length > 1 && in[first] == 0 && in[first + 1] >= 0;
        return padded ? -1 : first + length;
    }

    private static BigInteger number(byte[] in, int start, int end) {
        return new BigInteger(Arrays.copyOfRange(in, start + 2, end));
    }
}
