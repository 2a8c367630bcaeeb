package io.lockstep.benchmarks.attacks;

import io.lockstep.crypto.Signatures;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/// KeyPackages that hold in all (RFC 9420 §10.1), with one signature key for all of them: of suite 1,
/// quickly made, and of suite 5 (P-521), which cost most to verify.
///
/// Threads: guarded by itself.
final class MadeKeyPackages {
    private static final int P521_BYTES = 66;
    private static final int POINTS = 40;

    private final SecureRandom random = new SecureRandom();
    private final byte[] privateKey = new byte[Ed25519.SECRET_KEY_SIZE];
    private final byte[] publicKey = new byte[Ed25519.PUBLIC_KEY_SIZE];
    private final List<KeyPair> curve = new ArrayList<>();
    private int made;

    private interface Signer {
        byte[] sign(byte[] content);
    }

    MadeKeyPackages() {
        Ed25519.generatePrivateKey(random, privateKey);
        Ed25519.generatePublicKey(privateKey, 0, publicKey, 0);
    }

    /// @param identity of the basic credential
    /// @param padding bytes of an unknown extension
    synchronized byte[] next(String identity, int padding) {
        return keyPackage(
                1, identity, padding, randomBytes(32), randomBytes(32), publicKey, this::ed25519);
    }

    synchronized byte[] nextP521(String identity) {
        if (curve.isEmpty()) {
            generateCurve();
        }
        // Every pair of different points once.
        int i = made % POINTS;
        int j = (i + 1 + made / POINTS % (POINTS - 1)) % POINTS;
        made++;
        return keyPackage(
                5,
                identity,
                0,
                point(curve.get(i)),
                point(curve.get(j)),
                point(curve.get(0)),
                this::ecdsa);
    }

    /// So many in one body.
    byte[] body(int count, String identity, int padding) {
        var body = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            body.writeBytes(next(identity, padding));
        }
        return body.toByteArray();
    }

    private void generateCurve() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp521r1"));
            for (int i = 0; i < POINTS; i++) {
                curve.add(generator.generateKeyPair());
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has P-521", e);
        }
    }

    private byte[] keyPackage(
            int suite,
            String identity,
            int padding,
            byte[] init,
            byte[] encryption,
            byte[] signature,
            Signer signer) {
        long now = Instant.now().getEpochSecond();
        var leaf = Unpooled.buffer();
        opaque(leaf, encryption);
        opaque(leaf, signature);
        leaf.writeShort(1);
        opaque(leaf, identity.getBytes(StandardCharsets.UTF_8));
        opaque(leaf, new byte[] {0, 1});
        opaque(leaf, new byte[] {0, (byte) suite});
        opaque(leaf, new byte[0]);
        opaque(leaf, new byte[0]);
        opaque(leaf, new byte[] {0, 1});
        leaf.writeByte(1).writeLong(now - 60).writeLong(now + 86_400);
        opaque(leaf, new byte[0]);
        opaque(leaf, signer.sign(Signatures.signContent("LeafNodeTBS", taken(leaf))));
        var out = Unpooled.buffer();
        out.writeShort(1).writeShort(suite);
        opaque(out, init);
        out.writeBytes(leaf);
        var extensions = Unpooled.buffer();
        if (padding > 0) {
            extensions.writeShort(0xf001);
            opaque(extensions, randomBytes(padding));
        }
        opaque(out, taken(extensions).toArray());
        opaque(out, signer.sign(Signatures.signContent("KeyPackageTBS", taken(out))));
        return taken(out).toArray();
    }

    private byte[] ed25519(byte[] content) {
        var signature = new byte[Ed25519.SIGNATURE_SIZE];
        Ed25519.sign(privateKey, 0, content, 0, content.length, signature, 0);
        return signature;
    }

    private byte[] ecdsa(byte[] content) {
        try {
            var signature = Signature.getInstance("SHA512withECDSA");
            signature.initSign(curve.get(0).getPrivate());
            signature.update(content);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has ECDSA", e);
        }
    }

    /// Uncompressed (SEC 1 §2.3.3).
    private static byte[] point(KeyPair pair) {
        var w = ((ECPublicKey) pair.getPublic()).getW();
        var out = new ByteArrayOutputStream();
        out.write(4);
        out.writeBytes(coordinate(w.getAffineX()));
        out.writeBytes(coordinate(w.getAffineY()));
        return out.toByteArray();
    }

    private static byte[] coordinate(BigInteger value) {
        var bytes = value.toByteArray();
        var full = new byte[P521_BYTES];
        int length = Math.min(bytes.length, P521_BYTES);
        System.arraycopy(bytes, bytes.length - length, full, P521_BYTES - length, length);
        return full;
    }

    private byte[] randomBytes(int size) {
        var bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private static void opaque(ByteBuf out, byte[] bytes) {
        TlsWriter.writeOpaque(out, Bytes.wrap(bytes));
    }

    private static Bytes taken(ByteBuf buffer) {
        return Bytes.copyOf(buffer, buffer.readerIndex(), buffer.readableBytes());
    }
}
