package io.lockstep.fanout;

import java.nio.ByteBuffer;

/// A socket that takes TLS records: bytes are sealed before they go there.
public interface SecureSocket extends RawSocket {
    /// What records are longer than the bytes in them, at most, for as many bytes as fan-out joins; and the
    /// room that an engine asks for though it does not use it.
    int SEAL_OVERHEAD_BYTES = 20 * 1024;

    /// Seals bytes in TLS records.
    ///
    /// @param plain is read to its end
    /// @param records takes at least the bytes and [#SEAL_OVERHEAD_BYTES] more
    /// @return false when nothing was sealed: the bytes go the outlet's own way
    boolean seal(ByteBuffer plain, ByteBuffer records);
}
