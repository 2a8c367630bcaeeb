package io.lockstep.benchmarks.raw;

import com.google.protobuf.ByteString;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;

/// Well-formed MLSMessages with random ciphertext: all that a Delivery Service can tell from real ones.
public final class MadeMls {
    public static final int APPLICATION = 1;
    public static final int PROPOSAL = 2;
    public static final int COMMIT = 3;

    private MadeMls() {}

    /// RFC 9420 §6.3.
    ///
    /// @param marker from which the ciphertext is made, so that no two messages are equal
    public static ByteString privateMessage(
            byte[] group, long epoch, int contentType, long marker, int ciphertextBytes) {
        var out = Unpooled.buffer();
        out.writeShort(1).writeShort(2);
        opaque(out, group);
        out.writeLong(epoch).writeByte(contentType);
        opaque(out, new byte[0]);
        opaque(out, new byte[28]);
        var ciphertext = new byte[Math.max(ciphertextBytes, 8)];
        new Random(marker).nextBytes(ciphertext);
        Unpooled.wrappedBuffer(ciphertext).setLong(0, marker);
        opaque(out, ciphertext);
        return taken(out);
    }

    /// RFC 9420 §12.4.3.1.
    public static ByteString welcome(List<byte[]> refs, int groupInfoBytes) {
        var secrets = Unpooled.buffer();
        for (var ref : refs) {
            opaque(secrets, ref);
            opaque(secrets, new byte[32]);
            opaque(secrets, new byte[52]);
        }
        var out = Unpooled.buffer();
        out.writeShort(1).writeShort(3).writeShort(1);
        TlsWriter.writeLength(out, secrets.readableBytes());
        out.writeBytes(secrets);
        opaque(out, new byte[groupInfoBytes]);
        return taken(out);
    }

    static void opaque(ByteBuf out, byte[] bytes) {
        TlsWriter.writeOpaque(out, Bytes.wrap(bytes));
    }

    static ByteString taken(ByteBuf buffer) {
        return Bytes.copyOf(buffer, buffer.readerIndex(), buffer.readableBytes()).asByteString();
    }
}
