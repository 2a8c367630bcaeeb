package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.Credential.BasicCredential;
import io.lockstep.wire.mls.Credential.UnknownCredential;
import io.lockstep.wire.mls.Credential.X509Credential;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import java.util.ArrayList;
import java.util.List;

/// Decodes a KeyPackage (RFC 9420 §10).
///
/// ```
/// u16 version = 1, u16 cipher_suite, HPKEPublicKey init_key<V>, LeafNode leaf_node,
/// Extension extensions<V>, opaque signature<V>
/// ```
public final class KeyPackageReader {
    private KeyPackageReader() {}

    /// Reads one KeyPackage at the reader's position; others may follow it.
    public static KeyPackage read(TlsReader in)
            throws MalformedEncodingException, MalformedMessageException {
        int start = in.offset();
        return switch (cut(in)) {
            case DelimitedKeyPackage.Supported(var keyPackage) -> keyPackage;
            case DelimitedKeyPackage.Unsupported(var refusal) ->
                    throw new MalformedMessageException(refusal, start + 2);
        };
    }

    /// Skips one KeyPackage at the reader's position, of any suite: the shape is the same in all
    /// suites.
    static DelimitedKeyPackage cut(TlsReader in)
            throws MalformedEncodingException, MalformedMessageException {
        int start = in.offset();
        int version = in.u16();
        if (version != WireFormats.MLS10) {
            throw new MalformedMessageException(
                    Code.UNSUPPORTED_VERSION, "a KeyPackage of version " + version, start);
        }
        int suite = in.u16();
        var initKey = in.opaque();
        var leafNode = leafNode(in);
        var extensions = extensions(in);
        var signature = in.opaque();
        if (!CipherSuites.isKnown(suite)) {
            return new DelimitedKeyPackage.Unsupported(
                    new Refusal(
                            Code.UNSUPPORTED_CIPHER_SUITE,
                            "a KeyPackage of cipher suite " + FieldRecorder.hex16(suite)));
        }
        var bare = in.copy(start, in.offset() - start);
        return new DelimitedKeyPackage.Supported(
                new KeyPackage(version, suite, initKey, leafNode, extensions, signature, bare));
    }

    /// Reads a `LeafNode` (§7.2); other fields may follow it.
    static LeafNode leafNode(TlsReader in) throws MalformedEncodingException {
        var encryptionKey = in.opaque();
        var signatureKey = in.opaque();
        var credential = credential(in);
        var capabilities =
                new Capabilities(
                        codePoints(in),
                        codePoints(in),
                        codePoints(in),
                        codePoints(in),
                        codePoints(in));
        int at = in.offset();
        int wire = in.u8();
        LeafNodeSource source;
        long notBefore = 0;
        long notAfter = 0;
        var parentHash = Bytes.EMPTY;
        switch (wire) {
            case 1 -> {
                source = LeafNodeSource.KEY_PACKAGE;
                notBefore = in.u64();
                notAfter = in.u64();
            }
            case 2 -> source = LeafNodeSource.UPDATE;
            case 3 -> {
                source = LeafNodeSource.COMMIT;
                parentHash = in.opaque();
            }
            default ->
                    throw new MalformedEncodingException(
                            "a leaf_node_source must be 1, 2 or 3, not " + wire, at);
        }
        return new LeafNode(
                encryptionKey,
                signatureKey,
                credential,
                capabilities,
                source,
                notBefore,
                notAfter,
                parentHash,
                extensions(in),
                in.opaque());
    }

    private static Credential credential(TlsReader in) throws MalformedEncodingException {
        int at = in.offset();
        int type = in.u16();
        if (MlsGrammar.isGrease(type)) {
            throw new MalformedEncodingException("a credential of a GREASE type", at);
        }
        return switch (type) {
            case 1 -> new BasicCredential(in.opaque());
            case 2 -> {
                var chain = new ArrayList<Bytes>();
                int outer = in.enter();
                while (in.hasRemaining()) {
                    chain.add(in.opaque());
                }
                in.leave(outer);
                yield new X509Credential(chain);
            }
            default -> new UnknownCredential(type, in.opaque());
        };
    }

    private static List<Integer> codePoints(TlsReader in) throws MalformedEncodingException {
        var codePoints = new ArrayList<Integer>();
        int outer = in.enter();
        while (in.hasRemaining()) {
            codePoints.add(in.u16());
        }
        in.leave(outer);
        return codePoints;
    }

    private static List<Extension> extensions(TlsReader in) throws MalformedEncodingException {
        var extensions = new ArrayList<Extension>();
        int outer = in.enter();
        while (in.hasRemaining()) {
            extensions.add(new Extension(in.u16(), in.opaque()));
        }
        in.leave(outer);
        return extensions;
    }
}
