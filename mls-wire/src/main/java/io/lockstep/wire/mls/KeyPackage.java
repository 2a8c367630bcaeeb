package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// A KeyPackage (RFC 9420 §10), decoded but not verified: the directory checks signatures, lifetime
/// and the other rules of §10.1. Its suite is one of RFC 9420, because a KeyPackageRef is computed
/// with the suite's hash. Any other suite is refused with
/// [UNSUPPORTED_CIPHER_SUITE][io.lockstep.wire.Code#UNSUPPORTED_CIPHER_SUITE].
///
/// @param bare the KeyPackage itself, without the MLSMessage header
public record KeyPackage(
        int version,
        int cipherSuite,
        Bytes initKey,
        LeafNode leafNode,
        List<Extension> extensions,
        Bytes signature,
        Bytes bare)
        implements MlsMessage {
    private static final Bytes REFERENCE_LABEL =
            Bytes.wrap("MLS 1.0 KeyPackage Reference".getBytes(StandardCharsets.US_ASCII));

    public KeyPackage {
        extensions = List.copyOf(extensions);
    }

    public Bytes encryptionKey() {
        return leafNode.encryptionKey();
    }

    public Bytes signatureKey() {
        return leafNode.signatureKey();
    }

    public Credential credential() {
        return leafNode.credential();
    }

    public Capabilities capabilities() {
        return leafNode.capabilities();
    }

    public LeafNodeSource leafNodeSource() {
        return leafNode.source();
    }

    /// Start of the lifetime in seconds since 1970, unsigned; 0 unless the source is KEY_PACKAGE.
    public long notBefore() {
        return leafNode.notBefore();
    }

    /// End of the lifetime in seconds since 1970, unsigned; 0 unless the source is KEY_PACKAGE.
    public long notAfter() {
        return leafNode.notAfter();
    }

    /// The KeyPackage as an MLSMessage.
    public Bytes message() {
        var buffer = Unpooled.buffer(4 + bare.size());
        buffer.writeShort(WireFormats.MLS10).writeShort(WireFormats.KEY_PACKAGE);
        bare.writeTo(buffer);
        return Bytes.wrap(buffer.array());
    }

    /// KeyPackageRef (§5.2): `Hash(label<V> ‖ KeyPackage<V>)` with the suite's hash.
    public Bytes ref() {
        var digest = CipherSuites.newDigest(cipherSuite);
        CipherSuites.updateRefHash(digest, REFERENCE_LABEL, bare);
        return Bytes.wrap(digest.digest());
    }

    /// KeyPackageTBS (§10): all fields before the signature.
    public Bytes toBeSigned() {
        return bare.slice(0, bare.size() - vectorSize(signature.size()));
    }

    /// LeafNodeTBS of source KEY_PACKAGE (§7.2): all fields of the leaf before its signature. It
    /// has no meaning for a leaf of another source, whose TBS also contains fields of its group.
    public Bytes leafToBeSigned() {
        // Every length has one form only, so the sizes determine where the leaf begins and ends.
        int start = 4 + vectorSize(initKey.size());
        int end =
                bare.size()
                        - vectorSize(signature.size())
                        - vectorSize(extensionsSize(extensions))
                        - vectorSize(leafNode.signature().size());
        return bare.slice(start, end - start);
    }

    private static int extensionsSize(List<Extension> extensions) {
        int size = 0;
        for (var extension : extensions) {
            size += 2 + vectorSize(extension.data().size());
        }
        return size;
    }

    private static int vectorSize(int length) {
        return TlsWriter.lengthSize(length) + length;
    }

    /// Whether its owner marked it as a last resort, which may be claimed more than once: by
    /// extension 0x000A (deployed), or by component 0x0004 in an app_data_dictionary (newer
    /// drafts). A malformed dictionary marks nothing.
    public boolean lastResort() {
        for (var extension : extensions) {
            if (extension.type() == ExtensionTypes.LAST_RESORT
                    || (extension.type() == ExtensionTypes.APP_DATA_DICTIONARY
                            && namesLastResort(extension.data().asByteBuf()))) {
                return true;
            }
        }
        return false;
    }

    private static boolean namesLastResort(ByteBuf dictionary) {
        var in = new TlsReader(dictionary);
        boolean found = false;
        try {
            int outer = in.enter();
            while (in.hasRemaining()) {
                found |= in.u16() == ExtensionTypes.LAST_RESORT_COMPONENT;
                in.skipOpaque();
            }
            in.leave(outer);
            in.finish();
            return found;
        } catch (MalformedEncodingException e) {
            return false;
        }
    }
}
