package io.lockstep.crypto;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.KeyPair;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/// Creates KeyPackages with real signatures: valid, or invalid in one field.
public final class KeyPackageMaker {
    public static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    private static final AtomicLong MADE = new AtomicLong();

    private final Bytes identity;
    private final int suite;
    private KeyPair signer;
    private Bytes initKey;
    private Bytes encryptionKey;
    private Bytes signatureKey;
    private String versions = "0001";
    private String suites;
    private String extensions = "";
    private String credentials = "0001";
    private int source = 1;
    private int credentialType = 1;
    private long notBefore = NOW.getEpochSecond() - 60;
    private long notAfter = NOW.getEpochSecond() + 3600;
    private String leafExtensions = "";
    private String ownExtensions = "";
    private boolean leafSignatureBroken;
    private boolean signatureBroken;

    private KeyPackageMaker(String identity, int suite, Bytes initKey, Bytes encryptionKey) {
        this.identity = MlsBytes.text(identity);
        this.suite = suite;
        this.initKey = initKey;
        this.encryptionKey = encryptionKey;
        signer = SuiteKeys.signer(suite);
        signatureKey = SuiteKeys.signatureKey(suite, signer);
        suites = SuiteKeys.hex(suite);
    }

    public static KeyPackageMaker of(String identity) {
        return of(identity, 1);
    }

    /// @param suite for an unknown suite the keys are those of suite 1
    public static KeyPackageMaker of(String identity, int suite) {
        var seed =
                MlsBytes.text("seed " + MADE.incrementAndGet() + " " + System.nanoTime()).sha256();
        return of(
                identity,
                suite,
                SuiteKeys.hpkeKey(suite, seed),
                SuiteKeys.hpkeKey(suite, seed.sha256()));
    }

    /// Uses existing keys, because some suites' keys take long to create.
    public static KeyPackageMaker of(
            String identity, int suite, Bytes initKey, Bytes encryptionKey) {
        return new KeyPackageMaker(identity, suite, initKey, encryptionKey);
    }

    /// Sets the init key.
    public KeyPackageMaker initKey(Bytes key) {
        initKey = key;
        return this;
    }

    public KeyPackageMaker encryptionKey(Bytes key) {
        encryptionKey = key;
        return this;
    }

    public Bytes initKey() {
        return initKey;
    }

    public KeyPackageMaker oneKeyForBoth() {
        encryptionKey = initKey;
        return this;
    }

    public KeyPackageMaker signatureKey(Bytes key) {
        signatureKey = key;
        return this;
    }

    public KeyPackageMaker signedBy(KeyPair other) {
        signer = other;
        return this;
    }

    public KeyPackageMaker updateSource() {
        source = 2;
        return this;
    }

    public KeyPackageMaker x509() {
        credentialType = 2;
        credentials = "0002";
        return this;
    }

    public KeyPackageMaker lifetime(long from, long to) {
        notBefore = from;
        notAfter = to;
        return this;
    }

    /// A lifetime around the current time, in place of one around [#NOW].
    public KeyPackageMaker holdingNow() {
        long now = Instant.now().getEpochSecond();
        return lifetime(now - 60, now + 86_400);
    }

    public KeyPackageMaker lastResort() {
        return ownExtension("000a00");
    }

    /// @param hex of an Extension: type and data<V>
    public KeyPackageMaker ownExtension(String hex) {
        ownExtensions += hex;
        return this;
    }

    /// @param hex of an Extension: type and data<V>
    public KeyPackageMaker leafExtension(String hex) {
        leafExtensions += hex;
        return this;
    }

    public KeyPackageMaker versionsListed(String hex) {
        versions = hex;
        return this;
    }

    public KeyPackageMaker suitesListed(String hex) {
        suites = hex;
        return this;
    }

    public KeyPackageMaker extensionsListed(String hex) {
        extensions = hex;
        return this;
    }

    public KeyPackageMaker credentialsListed(String hex) {
        credentials = hex;
        return this;
    }

    public KeyPackageMaker leafSignatureBroken() {
        leafSignatureBroken = true;
        return this;
    }

    public KeyPackageMaker signatureBroken() {
        signatureBroken = true;
        return this;
    }

    public Bytes bare() {
        var out = Unpooled.buffer();
        out.writeShort(1).writeShort(suite);
        TlsWriter.writeOpaque(out, initKey);
        leaf().writeTo(out);
        TlsWriter.writeOpaque(out, Bytes.ofHex(ownExtensions));
        var signature = SuiteKeys.sign(suite, signer, "KeyPackageTBS", taken(out));
        TlsWriter.writeOpaque(out, signatureBroken ? flipped(signature) : signature);
        return taken(out);
    }

    private Bytes leaf() {
        var out = Unpooled.buffer();
        TlsWriter.writeOpaque(out, encryptionKey);
        TlsWriter.writeOpaque(out, signatureKey);
        out.writeShort(credentialType);
        TlsWriter.writeOpaque(out, credentialType == 1 ? identity : Bytes.ofHex("03010203"));
        for (var list : new String[] {versions, suites, extensions, "", credentials}) {
            TlsWriter.writeOpaque(out, Bytes.ofHex(list));
        }
        out.writeByte(source);
        if (source == 1) {
            out.writeLong(notBefore).writeLong(notAfter);
        }
        TlsWriter.writeOpaque(out, Bytes.ofHex(leafExtensions));
        // For another source the signature also covers the group: that of group "" at leaf 0.
        var content =
                source == 1 ? taken(out) : MlsBytes.concat(taken(out), Bytes.ofHex("0000000000"));
        var signature = SuiteKeys.sign(suite, signer, "LeafNodeTBS", content);
        TlsWriter.writeOpaque(out, leafSignatureBroken ? flipped(signature) : signature);
        return taken(out);
    }

    /// Flips a bit of the last byte, which in every scheme's signature is part of a number.
    private static Bytes flipped(Bytes signature) {
        var bytes = signature.toArray();
        bytes[bytes.length / 2] ^= 1;
        return Bytes.wrap(bytes);
    }

    public Bytes message() {
        return MlsBytes.concat(Bytes.ofHex("00010005"), bare());
    }

    private static Bytes taken(ByteBuf buffer) {
        return Bytes.copyOf(buffer, buffer.readerIndex(), buffer.readableBytes());
    }
}
