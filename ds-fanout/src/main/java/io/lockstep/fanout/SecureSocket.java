package io.lockstep.fanout;

import java.nio.ByteBuffer;

/// A socket that takes TLS records. The caller seals bytes before it writes them to the socket.
public interface SecureSocket extends RawSocket {
    /// Upper bound of the overhead of TLS records for the bytes that fan-out joins, plus the room
    /// that a TLS engine requires but does not use.
    int SEAL_OVERHEAD_BYTES = 20 * 1024;

    /// Seals bytes in TLS records.
    ///
    /// @param plain read to its end
    /// @param records has room for the bytes and [#SEAL_OVERHEAD_BYTES] more
    /// @return false when nothing was sealed; the caller then writes the bytes through the sink
    boolean seal(ByteBuffer plain, ByteBuffer records);
}
