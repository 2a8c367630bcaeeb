package io.lockstep.directory;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/// Writes KeyPackages, really signed: right in all, or wrong in one place.
public final class KeyPackageMaker {
    static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    private static final AtomicLong MADE = new AtomicLong();

    private final Bytes identity;
    private final int suite;
    private final Bytes seed;
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

    private KeyPackageMaker(String identity, int suite) {
        this.identity = text(identity);
        this.suite = suite;
        seed = text("seed " + MADE.incrementAndGet() + " " + System.nanoTime()).sha256();
        signer = SuiteKeys.signer(suite);
        signatureKey = SuiteKeys.signatureKey(suite, signer);
        initKey = SuiteKeys.hpkeKey(suite, seed);
        encryptionKey = SuiteKeys.hpkeKey(suite, seed.sha256());
        suites = SuiteKeys.hex(suite);
    }

    public static KeyPackageMaker of(String identity) {
        return of(identity, 1);
    }

    /// @param suite of an unknown one the keys are those of suite 1
    public static KeyPackageMaker of(String identity, int suite) {
        return new KeyPackageMaker(identity, suite);
    }

    /// The suite that it says it is of, made with the keys of its own.
    KeyPackageMaker initKey(Bytes key) {
        initKey = key;
        return this;
    }

    KeyPackageMaker encryptionKey(Bytes key) {
        encryptionKey = key;
        return this;
    }

    Bytes initKey() {
        return initKey;
    }

    KeyPackageMaker oneKeyForBoth() {
        encryptionKey = initKey;
        return this;
    }

    KeyPackageMaker signatureKey(Bytes key) {
        signatureKey = key;
        return this;
    }

    KeyPackageMaker signedBy(KeyPair other) {
        signer = other;
        return this;
    }

    KeyPackageMaker updateSource() {
        source = 2;
        return this;
    }

    KeyPackageMaker x509() {
        credentialType = 2;
        credentials = "0002";
        return this;
    }

    public KeyPackageMaker lifetime(long from, long to) {
        notBefore = from;
        notAfter = to;
        return this;
    }

    public KeyPackageMaker lastResort() {
        return ownExtension("000a00");
    }

    /// @param hex of an Extension: type and data<V>
    KeyPackageMaker ownExtension(String hex) {
        ownExtensions += hex;
        return this;
    }

    /// @param hex of an Extension: type and data<V>
    KeyPackageMaker leafExtension(String hex) {
        leafExtensions += hex;
        return this;
    }

    KeyPackageMaker versionsListed(String hex) {
        versions = hex;
        return this;
    }

    KeyPackageMaker suitesListed(String hex) {
        suites = hex;
        return this;
    }

    public KeyPackageMaker extensionsListed(String hex) {
        extensions = hex;
        return this;
    }

    KeyPackageMaker credentialsListed(String hex) {
        credentials = hex;
        return this;
    }

    KeyPackageMaker leafSignatureBroken() {
        leafSignatureBroken = true;
        return this;
    }

    KeyPackageMaker signatureBroken() {
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
        // Of another source the signature also covers the group; that of group "" at leaf 0.
        var content = source == 1 ? taken(out) : concat(taken(out), Bytes.ofHex("0000000000"));
        var signature = SuiteKeys.sign(suite, signer, "LeafNodeTBS", content);
        TlsWriter.writeOpaque(out, leafSignatureBroken ? flipped(signature) : signature);
        return taken(out);
    }

    /// In its last byte, which of every scheme's signature is part of a number.
    private static Bytes flipped(Bytes signature) {
        var bytes = signature.toArray();
        bytes[bytes.length / 2] ^= 1;
        return Bytes.wrap(bytes);
    }

    public Bytes message() {
        return concat(Bytes.ofHex("00010005"), bare());
    }

    /// An MLSMessage with a Welcome for these refs; the secrets of each name it in clear.
    static Bytes welcome(Bytes encryptedGroupInfo, Bytes... refs) {
        var secrets = Unpooled.buffer();
        for (var ref : refs) {
            TlsWriter.writeOpaque(secrets, ref);
            TlsWriter.writeOpaque(secrets, text("kem output"));
            TlsWriter.writeOpaque(secrets, secretFor(ref));
        }
        var out = Unpooled.buffer();
        out.writeShort(1).writeShort(3).writeShort(1);
        TlsWriter.writeOpaque(out, taken(secrets));
        TlsWriter.writeOpaque(out, encryptedGroupInfo);
        return taken(out);
    }

    static Bytes secretFor(Bytes ref) {
        return text("secret of " + ref.hex());
    }

    static Bytes vector(Bytes bytes) {
        var out = Unpooled.buffer();
        TlsWriter.writeOpaque(out, bytes);
        return taken(out);
    }

    public static Bytes concat(Bytes... parts) {
        var out = Unpooled.buffer();
        for (var part : parts) {
            part.writeTo(out);
        }
        return taken(out);
    }

    static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Bytes taken(ByteBuf buffer) {
        return Bytes.copyOf(buffer, buffer.readerIndex(), buffer.readableBytes());
    }
}
