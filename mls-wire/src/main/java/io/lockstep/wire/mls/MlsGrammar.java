package io.lockstep.wire.mls;

import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import org.jspecify.annotations.Nullable;

/// Parsers of RFC 9420 structures that are skipped rather than kept. Each method reads one
/// structure strictly to its end, and records its fields if a description is requested. None
/// allocates without a description, none is recursive.
final class MlsGrammar {
    static final int PROPOSAL_ADD = 1;
    static final int PROPOSAL_UPDATE = 2;
    static final int PROPOSAL_REMOVE = 3;
    static final int PROPOSAL_PSK = 4;
    static final int PROPOSAL_REINIT = 5;
    static final int PROPOSAL_EXTERNAL_INIT = 6;
    static final int PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7;

    private MlsGrammar() {}

    /// `Proposal` (§12.1). An unknown type has no length, so its end cannot be found.
    ///
    /// @return false if the type is unknown: only the type was read, the body was not
    static boolean proposal(TlsReader in, @Nullable FieldRecorder out)
            throws MalformedEncodingException {
        int at = in.offset();
        int type = in.u16();
        if (out != null) {
            out.add(at, 2, "proposal_type", proposalName(type));
        }
        switch (type) {
            case PROPOSAL_ADD -> {
                int mark = out == null ? 0 : out.enter("key_package");
                keyPackage(in, out);
                if (out != null) {
                    out.leave(mark);
                }
            }
            case PROPOSAL_UPDATE -> leafNodeNamed(in, out);
            case PROPOSAL_REMOVE -> u32(in, out, "removed");
            case PROPOSAL_PSK -> preSharedKeyId(in, out);
            case PROPOSAL_REINIT -> {
                opaque(in, out, "group_id");
                u16(in, out, "version");
                u16(in, out, "cipher_suite");
                extensions(in, out, "extensions");
            }
            case PROPOSAL_EXTERNAL_INIT -> opaque(in, out, "kem_output");
            case PROPOSAL_GROUP_CONTEXT_EXTENSIONS -> extensions(in, out, "extensions");
            default -> {
                return false;
            }
        }
        return true;
    }

    /// `Commit` (§12.4). After a proposal of unknown type the rest of the list is skipped by the
    /// list's own length.
    ///
    /// @return false if it contains a proposal of unknown type
    static boolean commit(TlsReader in, @Nullable FieldRecorder out)
            throws MalformedEncodingException {
        boolean known = true;
        int index = 0;
        int outer = enter(in, out, "proposals");
        while (in.hasRemaining()) {
            int mark = out == null ? 0 : out.enter("proposals", index++);
            int at = in.offset();
            int kind = in.u8();
            if (out != null) {
                out.add(at, 1, "type", kind == 1 ? "1 proposal" : "2 reference");
            }
            switch (kind) {
                case 1 -> {
                    if (!proposal(in, out)) {
                        known = false;
                        opaqueRest(in, out, "unknown proposal and all after it");
                    }
                }
                case 2 -> opaque(in, out, "reference");
                default ->
                        throw new MalformedEncodingException(
                                "a ProposalOrRef must begin with 1 or 2, not " + kind, at);
            }
            if (out != null) {
                out.leave(mark);
            }
        }
        in.leave(outer);
        int at = in.offset();
        boolean hasPath = in.optional();
        if (out != null) {
            out.add(at, 1, "path", hasPath ? "present" : "absent");
        }
        if (hasPath) {
            updatePath(in, out);
        }
        return known;
    }

    /// `UpdatePath` (§7.6).
    private static void updatePath(TlsReader in, @Nullable FieldRecorder out)
            throws MalformedEncodingException {
        int pathMark = out == null ? 0 : out.enter("path");
        leafNodeNamed(in, out);
        int index = 0;
        int outer = enter(in, out, "nodes");
        while (in.hasRemaining()) {
            int mark = out == null ? 0 : out.enter("nodes", index++);
            opaque(in, out, "encryption_key");
            int inner = enter(in, out, "encrypted_path_secret");
            while (in.hasRemaining()) {
                hpkeCiphertext(in, out, "encrypted_path_secret");
            }
            in.leave(inner);
            if (out != null) {
                out.leave(mark);
            }
        }
        in.leave(outer);
        if (out != null) {
            out.leave(pathMark);
        }
    }

    /// `HPKECiphertext` (§5.1.3).
    static void hpkeCiphertext(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int mark = out == null ? 0 : out.enter(name);
        opaque(in, out, "kem_output");
        encrypted(in, out, "ciphertext");
        if (out != null) {
            out.leave(mark);
        }
    }

    /// `PreSharedKeyID` (§8.4).
    private static void preSharedKeyId(TlsReader in, @Nullable FieldRecorder out)
            throws MalformedEncodingException {
        int at = in.offset();
        int type = in.u8();
        if (out != null) {
            out.add(at, 1, "psktype", type == 1 ? "1 external" : type == 2 ? "2 resumption" : "?");
        }
        switch (type) {
            case 1 -> opaque(in, out, "psk_id");
            case 2 -> {
                int usageAt = in.offset();
                int usage = in.u8();
                if (usage < 1 || usage > 3) {
                    throw new MalformedEncodingException(
                            "a resumption PSK usage must be 1, 2 or 3, not " + usage, usageAt);
                }
                if (out != null) {
                    out.add(usageAt, 1, "usage", Integer.toString(usage));
                }
                opaque(in, out, "psk_group_id");
                u64(in, out, "psk_epoch");
            }
            default ->
                    throw new MalformedEncodingException(
                            "a PSK type must be 1 or 2, not " + type, at);
        }
        opaque(in, out, "psk_nonce");
    }

    /// `KeyPackage` (§10) of any suite.
    static void keyPackage(TlsReader in, @Nullable FieldRecorder out)
            throws MalformedEncodingException {
        int at = in.offset();
        int version = u16(in, out, "version");
        if (version != WireFormats.MLS10) {
            throw new MalformedEncodingException("a KeyPackage of version " + version, at);
        }
        u16(in, out, "cipher_suite");
        opaque(in, out, "init_key");
        leafNodeNamed(in, out);
        extensions(in, out, "extensions");
        opaque(in, out, "signature");
    }

    private static void leafNodeNamed(TlsReader in, @Nullable FieldRecorder out)
            throws MalformedEncodingException {
        int mark = out == null ? 0 : out.enter("leaf_node");
        leafNode(in, out);
        if (out != null) {
            out.leave(mark);
        }
    }

    /// `LeafNode` (§7.2).
    static void leafNode(TlsReader in, @Nullable FieldRecorder out)
            throws MalformedEncodingException {
        opaque(in, out, "encryption_key");
        opaque(in, out, "signature_key");
        credential(in, out);
        codePoints(in, out, "capabilities.versions");
        codePoints(in, out, "capabilities.cipher_suites");
        codePoints(in, out, "capabilities.extensions");
        codePoints(in, out, "capabilities.proposals");
        codePoints(in, out, "capabilities.credentials");
        int at = in.offset();
        int source = in.u8();
        if (out != null) {
            out.add(at, 1, "leaf_node_source", sourceName(source));
        }
        switch (source) {
            case 1 -> {
                u64(in, out, "lifetime.not_before");
                u64(in, out, "lifetime.not_after");
            }
            case 2 -> {}
            case 3 -> opaque(in, out, "parent_hash");
            default ->
                    throw new MalformedEncodingException(
                            "a leaf_node_source must be 1, 2 or 3, not " + source, at);
        }
        extensions(in, out, "extensions");
        opaque(in, out, "signature");
    }

    /// `Credential` (§5.3); for unknown types see [Credential.UnknownCredential].
    private static void credential(TlsReader in, @Nullable FieldRecorder out)
            throws MalformedEncodingException {
        int at = in.offset();
        int type = in.u16();
        if (isGrease(type)) {
            throw new MalformedEncodingException("a credential of a GREASE type", at);
        }
        if (out != null) {
            out.add(at, 2, "credential.credential_type", credentialName(type));
        }
        switch (type) {
            case 1 -> opaque(in, out, "credential.identity");
            case 2 -> {
                int outer = enter(in, out, "credential.certificates");
                while (in.hasRemaining()) {
                    opaque(in, out, "credential.cert_data");
                }
                in.leave(outer);
            }
            default -> opaque(in, out, "credential.unknown");
        }
    }

    static boolean isGrease(int codePoint) {
        return (codePoint & 0x0f0f) == 0x0a0a
                && codePoint >>> 8 == (codePoint & 0xff)
                && codePoint != 0xfafa;
    }

    /// `Extension extensions<V>` (§13).
    static void extensions(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int outer = enter(in, out, name);
        int index = 0;
        while (in.hasRemaining()) {
            int mark = out == null ? 0 : out.enter(name, index++);
            int typeAt = in.offset();
            int type = in.u16();
            if (out != null) {
                out.add(typeAt, 2, "extension_type", FieldRecorder.hex16(type));
            }
            opaque(in, out, "extension_data");
            if (out != null) {
                out.leave(mark);
            }
        }
        in.leave(outer);
    }

    /// A vector of u16.
    private static void codePoints(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int at = in.offset();
        int outer = in.enter();
        var text = out == null ? null : new StringBuilder();
        while (in.hasRemaining()) {
            int codePoint = in.u16();
            if (text != null) {
                text.append(text.isEmpty() ? "" : " ").append(FieldRecorder.hex16(codePoint));
            }
        }
        in.leave(outer);
        if (out != null && text != null) {
            out.add(at, in.offset() - at, name, text.isEmpty() ? "(none)" : text.toString());
        }
    }

    /// Opens a vector of structures; its length is a field of its own.
    ///
    /// @return an argument for [TlsReader#leave]
    static int enter(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int at = in.offset();
        int outer = in.enter();
        if (out != null) {
            out.add(at, in.offset() - at, name, "(" + in.remaining() + " bytes)");
        }
        return outer;
    }

    static void opaque(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int at = in.offset();
        int length = in.skipOpaque();
        if (out != null) {
            out.add(
                    at,
                    in.offset() - at,
                    name,
                    FieldRecorder.text(in.copy(in.offset() - length, length)));
        }
    }

    /// An opaque vector that only its addressee can decrypt: the description contains its length
    /// only.
    static void encrypted(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int at = in.offset();
        int length = in.skipOpaque();
        if (out != null) {
            out.add(at, in.offset() - at, name, "(" + length + " bytes, encrypted)");
        }
    }

    /// Everything up to the end, where the structure is unknown.
    static void opaqueRest(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int at = in.offset();
        int length = in.remaining();
        in.skip(length);
        if (out != null) {
            out.add(at, length, name, "(" + length + " bytes)");
        }
    }

    static int u16(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int at = in.offset();
        int value = in.u16();
        if (out != null) {
            out.add(at, 2, name, Integer.toString(value));
        }
        return value;
    }

    static long u32(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int at = in.offset();
        long value = in.u32();
        if (out != null) {
            out.add(at, 4, name, Long.toString(value));
        }
        return value;
    }

    static long u64(TlsReader in, @Nullable FieldRecorder out, String name)
            throws MalformedEncodingException {
        int at = in.offset();
        long value = in.u64();
        if (out != null) {
            out.add(at, 8, name, Long.toUnsignedString(value));
        }
        return value;
    }

    private static String proposalName(int type) {
        return type
                + switch (type) {
                    case PROPOSAL_ADD -> " add";
                    case PROPOSAL_UPDATE -> " update";
                    case PROPOSAL_REMOVE -> " remove";
                    case PROPOSAL_PSK -> " psk";
                    case PROPOSAL_REINIT -> " reinit";
                    case PROPOSAL_EXTERNAL_INIT -> " external_init";
                    case PROPOSAL_GROUP_CONTEXT_EXTENSIONS -> " group_context_extensions";
                    default -> " unknown";
                };
    }

    private static String sourceName(int source) {
        return source
                + switch (source) {
                    case 1 -> " key_package";
                    case 2 -> " update";
                    case 3 -> " commit";
                    default -> " unknown";
                };
    }

    private static String credentialName(int type) {
        return type + (type == 1 ? " basic" : type == 2 ? " x509" : " unknown");
    }
}
