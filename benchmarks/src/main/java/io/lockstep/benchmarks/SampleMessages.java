package io.lockstep.benchmarks;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import java.util.function.Consumer;

/// Messages of the sizes that MLS libraries produce, with random bytes as keys, signatures and
/// ciphertexts.
public enum SampleMessages {
    /// An application message of 100 bytes, encrypted in suite 1.
    PRIVATE_APPLICATION {
        @Override
        void write(ByteBuf out) {
            out.writeShort(1).writeShort(2);
            opaque(out, 16);
            out.writeLong(42).writeByte(1);
            opaque(out, 0);
            opaque(out, 28);
            opaque(out, 168);
        }
    },
    /// A commit without proposals and with a path of 16 nodes: an update in a group of 65,536.
    PUBLIC_COMMIT {
        @Override
        void write(ByteBuf out) {
            out.writeShort(1).writeShort(1);
            opaque(out, 16);
            out.writeLong(42).writeByte(1).writeInt(7);
            opaque(out, 0);
            out.writeByte(3).writeByte(0).writeByte(1);
            leafNode(out);
            vector(
                    out,
                    nodes -> {
                        for (int i = 0; i < 16; i++) {
                            opaque(nodes, 32);
                            vector(
                                    nodes,
                                    ciphertexts -> {
                                        opaque(ciphertexts, 32);
                                        opaque(ciphertexts, 48);
                                    });
                        }
                    });
            opaque(out, 64);
            opaque(out, 32);
            opaque(out, 32);
        }
    };

    abstract void write(ByteBuf out);

    /// One complete MLSMessage.
    public Bytes bytes() {
        var out = Unpooled.buffer();
        write(out);
        return Bytes.copyOf(out, 0, out.readableBytes());
    }

    static void leafNode(ByteBuf out) {
        opaque(out, 32);
        opaque(out, 32);
        out.writeShort(1);
        opaque(out, 16);
        for (int list = 0; list < 5; list++) {
            vector(out, codePoints -> codePoints.writeShort(1));
        }
        out.writeByte(3);
        opaque(out, 32);
        opaque(out, 0);
        opaque(out, 64);
    }

    static void opaque(ByteBuf out, int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        TlsWriter.writeOpaque(out, Bytes.wrap(bytes));
    }

    static void vector(ByteBuf out, Consumer<ByteBuf> content) {
        var inner = Unpooled.buffer();
        content.accept(inner);
        TlsWriter.writeLength(out, inner.readableBytes());
        out.writeBytes(inner);
    }
}
