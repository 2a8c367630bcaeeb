package io.lockstep.directory;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/// Writes KeyPackages that are right in all but their signatures, or wrong in one place.
final class KeyPackageMaker {
    static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    private static int made;

    private final Bytes identity;
    private int suite = 1;
    private Bytes initKey;
    private Bytes encryptionKey;
    private int source = 1;
    private int credentialType = 1;
    private long notBefore = NOW.getEpochSecond() - 60;
    private long notAfter = NOW.getEpochSecond() + 3600;
    private boolean lastResort;

    private KeyPackageMaker(String identity) {
        this.identity = text(identity);
        made++;
        initKey = text("init key " + made).sha256();
        encryptionKey = text("encryption key " + made).sha256();
    }

    static KeyPackageMaker of(String identity) {
        return new KeyPackageMaker(identity);
    }

    KeyPackageMaker suite(int number) {
        suite = number;
        return this;
    }

    KeyPackageMaker oneKeyForBoth() {
        encryptionKey = initKey;
        return this;
    }

    KeyPackageMaker updateSource() {
        source = 2;
        return this;
    }

    KeyPackageMaker x509() {
        credentialType = 2;
        return this;
    }

    KeyPackageMaker lifetime(long from, long to) {
        notBefore = from;
        notAfter = to;
        return this;
    }

    KeyPackageMaker lastResort() {
        lastResort = true;
        return this;
    }

    Bytes bare() {
        var out = Unpooled.buffer();
        out.writeShort(1).writeShort(suite);
        TlsWriter.writeOpaque(out, initKey);
        TlsWriter.writeOpaque(out, encryptionKey);
        TlsWriter.writeOpaque(out, text("signature key").sha256());
        out.writeShort(credentialType);
        if (credentialType == 1) {
            TlsWriter.writeOpaque(out, identity);
        } else {
            TlsWriter.writeOpaque(out, Bytes.ofHex("03010203"));
        }
        for (int capability = 0; capability < 5; capability++) {
            TlsWriter.writeOpaque(out, Bytes.ofHex("0001"));
        }
        out.writeByte(source);
        if (source == 1) {
            out.writeLong(notBefore).writeLong(notAfter);
        }
        TlsWriter.writeOpaque(out, Bytes.EMPTY);
        TlsWriter.writeOpaque(out, text("leaf signature"));
        TlsWriter.writeOpaque(out, lastResort ? Bytes.ofHex("000a00") : Bytes.EMPTY);
        TlsWriter.writeOpaque(out, text("signature"));
        return taken(out);
    }

    Bytes message() {
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

    static Bytes concat(Bytes... parts) {
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
