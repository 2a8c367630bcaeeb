package io.lockstep.wire.tls;

import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;

/// Writes the vectors of the TLS presentation language (RFC 9420 §2.1.2).
public final class TlsWriter {
    private TlsWriter() {}

    /// The size of the length prefix of a vector, in its shortest form.
    ///
    /// @param length 0 to [TlsReader#VECTOR_BYTES_MAX]
    public static int lengthSize(int length) {
        if (length < 0 || length > TlsReader.VECTOR_BYTES_MAX) {
            throw new IllegalArgumentException("a vector cannot have " + length + " bytes");
        }
        return length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 4;
    }

    public static void writeLength(ByteBuf target, int length) {
        switch (lengthSize(length)) {
            case 1 -> target.writeByte(length);
            case 2 -> target.writeShort(length | 0x4000);
            default -> target.writeInt(length | 0x8000_0000);
        }
    }

    /// Writes `opaque x<V>`.
    public static void writeOpaque(ByteBuf target, Bytes bytes) {
        writeLength(target, bytes.size());
        bytes.writeTo(target);
    }
}
