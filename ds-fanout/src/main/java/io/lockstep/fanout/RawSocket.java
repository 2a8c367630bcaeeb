package io.lockstep.fanout;

import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.FileDescriptor;
import java.nio.ByteBuffer;

/// An outlet's socket, for who writes to it past the outlet's queue. Whoever asks for it uses it at once, and
/// brings all its bytes to the socket or to [#writeRest] before anything else happens to the outlet.
public interface RawSocket {
    /// What records are longer than the bytes in them, at most, for as many bytes as fan-out joins; and the
    /// room that an engine asks for though it does not use it.
    int SEAL_OVERHEAD_BYTES = 20 * 1024;

    FileDescriptor descriptor();

    /// Whether bytes are sealed before they go there.
    boolean isSecure();

    /// Seals bytes in TLS records, of a socket that [#isSecure].
    ///
    /// @param plain is read to its end
    /// @param records takes at least the bytes and [#SEAL_OVERHEAD_BYTES] more
    /// @return false when nothing was sealed: the bytes go the outlet's own way
    boolean seal(ByteBuffer plain, ByteBuffer records);

    /// Queues what the socket did not take, as it is, and sends it when it does.
    ///
    /// @param bytes released by the callee
    void writeRest(ByteBuf bytes);
}
