package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/// Decodes MLSMessages (RFC 9420 §6), strictly: exactly one whole message, lengths in their
/// shortest form, no trailing bytes. It allocates nothing for announced bytes that are missing.
///
/// For messages on the hot path see [GroupMessageHeader].
public final class MlsMessageReader {
    private MlsMessageReader() {}

    /// Reads the buffer's readable bytes, which must be one whole MLSMessage.
    ///
    /// @param buffer borrowed; no index of it moves, and the result does not reference it
    public static MlsMessage read(ByteBuf buffer) throws MalformedMessageException {
        int wireFormat = wireFormat(buffer);
        if (wireFormat == WireFormats.PUBLIC_MESSAGE || wireFormat == WireFormats.PRIVATE_MESSAGE) {
            return GroupMessageHeader.read(buffer).toMessage();
        }
        var in = new TlsReader(buffer);
        try {
            in.skip(4);
            MlsMessage message =
                    switch (wireFormat) {
                        case WireFormats.WELCOME -> welcome(in);
                        case WireFormats.GROUP_INFO -> GroupInfoReader.read(in).info();
                        default -> KeyPackageReader.read(in);
                    };
            in.finish();
            return message;
        } catch (MalformedEncodingException e) {
            throw MalformedMessageException.of(e);
        }
    }

    public static MlsMessage read(Bytes bytes) throws MalformedMessageException {
        return read(bytes.asByteBuf());
    }

    /// Reads one or several KeyPackages like [#cutKeyPackages]; an unusable one is malformed too.
    public static List<KeyPackage> readKeyPackages(Bytes bytes, int countMax)
            throws MalformedMessageException {
        var keyPackages = new ArrayList<KeyPackage>();
        for (var cut : cutKeyPackages(bytes, countMax)) {
            switch (cut) {
                case DelimitedKeyPackage.Supported(var keyPackage) -> keyPackages.add(keyPackage);
                case DelimitedKeyPackage.Unsupported(var refusal) ->
                        throw new MalformedMessageException(refusal, 0);
            }
        }
        return List.copyOf(keyPackages);
    }

    /// Splits a sequence of KeyPackages, each as an MLSMessage or bare, in any mix.
    ///
    /// An MLSMessage with a KeyPackage begins 0001 0005 0001, a bare KeyPackage 0001, suite,
    /// init_key. They are ambiguous only in suite 5, where a bare one begins 0001 0005 too. Then
    /// the next two bytes decide: 0001 is the version of the KeyPackage inside an MLSMessage. In a
    /// bare one it would be an empty init_key, which no suite allows.
    ///
    /// @param countMax more KeyPackages are malformed
    public static List<DelimitedKeyPackage> cutKeyPackages(Bytes bytes, int countMax)
            throws MalformedMessageException {
        var in = new TlsReader(bytes.asByteBuf());
        var cut = new ArrayList<DelimitedKeyPackage>();
        try {
            while (in.hasRemaining()) {
                if (cut.size() == countMax) {
                    throw in.malformed("more than " + countMax + " KeyPackages at once");
                }
                if (in.peekU16(0) == WireFormats.MLS10
                        && in.peekU16(2) == WireFormats.KEY_PACKAGE
                        && in.peekU16(4) == WireFormats.MLS10) {
                    in.skip(4);
                }
                cut.add(KeyPackageReader.cut(in));
            }
        } catch (MalformedEncodingException e) {
            throw MalformedMessageException.of(e);
        }
        return List.copyOf(cut);
    }

    /// The wire format of an MLSMessage of version 1; one of RFC 9420's five.
    static int wireFormat(ByteBuf buffer) throws MalformedMessageException {
        if (buffer.readableBytes() < 4) {
            throw new MalformedMessageException(
                    Code.MALFORMED_MESSAGE,
                    "an MLSMessage must have more than " + buffer.readableBytes() + " bytes",
                    buffer.readableBytes());
        }
        int version = buffer.getUnsignedShort(buffer.readerIndex());
        if (version != WireFormats.MLS10) {
            throw new MalformedMessageException(
                    Code.UNSUPPORTED_VERSION, "an MLSMessage of version " + version, 0);
        }
        int wireFormat = buffer.getUnsignedShort(buffer.readerIndex() + 2);
        if (wireFormat < WireFormats.PUBLIC_MESSAGE || wireFormat > WireFormats.KEY_PACKAGE) {
            throw new MalformedMessageException(
                    Code.WRONG_MESSAGE_KIND,
                    "unknown wire format " + FieldRecorder.hex16(wireFormat),
                    2);
        }
        return wireFormat;
    }

    /// `u16 cipher_suite; EncryptedGroupSecrets secrets<V>; opaque encrypted_group_info<V>`
    /// (§12.4.3.1).
    private static Welcome welcome(TlsReader in) throws MalformedEncodingException {
        int suite = in.u16();
        var secrets = new LinkedHashMap<Bytes, Bytes>();
        int outer = in.enter();
        while (in.hasRemaining()) {
            int start = in.offset();
            var ref = in.opaque();
            MlsGrammar.hpkeCiphertext(in, null, "");
            if (secrets.put(ref, in.copy(start, in.offset() - start)) != null) {
                throw new MalformedEncodingException("a Welcome names a joiner twice", start);
            }
        }
        in.leave(outer);
        return new Welcome(suite, secrets, in.opaque());
    }
}
