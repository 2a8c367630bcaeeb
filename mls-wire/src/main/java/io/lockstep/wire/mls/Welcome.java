package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.SequencedMap;

/// A Welcome (RFC 9420 §12.4.3.1): one EncryptedGroupSecrets for each joiner, identified by
/// KeyPackageRef, and one encrypted_group_info for all. It contains neither group nor epoch.
public final class Welcome implements MlsMessage {
    private final int cipherSuite;
    private final SequencedMap<Bytes, Bytes> secrets;
    private final Bytes encryptedGroupInfo;

    /// @param secrets the encoded EncryptedGroupSecrets of each joiner; not copied
    Welcome(int cipherSuite, SequencedMap<Bytes, Bytes> secrets, Bytes encryptedGroupInfo) {
        this.cipherSuite = cipherSuite;
        this.secrets = secrets;
        this.encryptedGroupInfo = encryptedGroupInfo;
    }

    public int cipherSuite() {
        return cipherSuite;
    }

    /// The KeyPackageRefs of its joiners, in their order in the Welcome, without duplicates.
    public List<Bytes> keyPackageRefs() {
        return List.copyOf(secrets.keySet());
    }

    public Bytes encryptedGroupInfo() {
        return encryptedGroupInfo;
    }

    /// The MLSMessage with the Welcome for one joiner: its own EncryptedGroupSecrets, and the
    /// shared encrypted_group_info.
    ///
    /// @throws IllegalArgumentException if this Welcome is not for that KeyPackage
    public Bytes cutFor(Bytes ref) {
        var secret = secretsFor(ref);
        return compose(cipherSuite, secret, encryptedGroupInfo);
    }

    /// The encoded EncryptedGroupSecrets of one joiner.
    ///
    /// @throws IllegalArgumentException if this Welcome is not for that KeyPackage
    public Bytes secretsFor(Bytes ref) {
        var secret = secrets.get(ref);
        if (secret == null) {
            throw new IllegalArgumentException("the Welcome does not contain this KeyPackageRef");
        }
        return secret;
    }

    /// The size of the result of [#compose].
    public static int composedSize(Bytes secret, int encryptedGroupInfoSize) {
        return 6
                + TlsWriter.lengthSize(secret.size())
                + secret.size()
                + TlsWriter.lengthSize(encryptedGroupInfoSize)
                + encryptedGroupInfoSize;
    }

    /// The MLSMessage with a Welcome for one joiner, from its encoded EncryptedGroupSecrets and the
    /// shared part.
    public static Bytes compose(int cipherSuite, Bytes secret, Bytes encryptedGroupInfo) {
        int size = composedSize(secret, encryptedGroupInfo.size());
        var buffer = Unpooled.buffer(size, size);
        writeHead(buffer, cipherSuite, secret);
        TlsWriter.writeOpaque(buffer, encryptedGroupInfo);
        return Bytes.wrap(buffer.array());
    }

    /// The part of [#compose] before the bytes of the shared part.
    public static Bytes head(int cipherSuite, Bytes secret, int encryptedGroupInfoSize) {
        int size = composedSize(secret, encryptedGroupInfoSize) - encryptedGroupInfoSize;
        var buffer = Unpooled.buffer(size, size);
        writeHead(buffer, cipherSuite, secret);
        TlsWriter.writeLength(buffer, encryptedGroupInfoSize);
        return Bytes.wrap(buffer.array());
    }

    private static void writeHead(ByteBuf buffer, int cipherSuite, Bytes secret) {
        buffer.writeShort(WireFormats.MLS10)
                .writeShort(WireFormats.WELCOME)
                .writeShort(cipherSuite);
        TlsWriter.writeOpaque(buffer, secret);
    }
}
