package io.lockstep.e2e;

import io.lockstep.crypto.Signatures;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/// KeyPackages of suite 1, right in all, made fast: one signature key for all of them.
final class SignedKeyPackages {
    private final SecureRandom random = new SecureRandom();
    private final byte[] privateKey = new byte[Ed25519.SECRET_KEY_SIZE];
    private final byte[] publicKey = new byte[Ed25519.PUBLIC_KEY_SIZE];

    SignedKeyPackages() {
        Ed25519.generatePrivateKey(random, privateKey);
        Ed25519.generatePublicKey(privateKey, 0, publicKey, 0);
    }

    /// @param identity of the basic credential
    Bytes next(String identity) {
        long now = Instant.now().getEpochSecond();
        var leaf = Unpooled.buffer();
        vector(leaf, randomBytes());
        vector(leaf, Bytes.copyOf(publicKey));
        leaf.writeShort(1);
        vector(leaf, Bytes.wrap(identity.getBytes(StandardCharsets.UTF_8)));
        for (var list : new String[] {"0001", "0001", "", "", "0001"}) {
            vector(leaf, Bytes.ofHex(list));
        }
        leaf.writeByte(1).writeLong(now - 60).writeLong(now + 86_400);
        vector(leaf, Bytes.EMPTY);
        vector(leaf, sign("LeafNodeTBS", taken(leaf)));
        var out = Unpooled.buffer();
        out.writeShort(1).writeShort(1);
        vector(out, randomBytes());
        out.writeBytes(leaf);
        vector(out, Bytes.EMPTY);
        vector(out, sign("KeyPackageTBS", taken(out)));
        return taken(out);
    }

    private Bytes sign(String label, Bytes content) {
        var signed = Signatures.signContent(label, content);
        var signature = new byte[Ed25519.SIGNATURE_SIZE];
        Ed25519.sign(privateKey, 0, signed, 0, signed.length, signature, 0);
        return Bytes.wrap(signature);
    }

    private Bytes randomBytes() {
        var bytes = new byte[32];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    private static void vector(ByteBuf out, Bytes bytes) {
        TlsWriter.writeOpaque(out, bytes);
    }

    private static Bytes taken(ByteBuf buffer) {
        return Bytes.copyOf(buffer, buffer.readerIndex(), buffer.readableBytes());
    }
}
