package io.lockstep.gateway.submission;

import com.google.protobuf.ByteString;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.log.BlobReference;
import io.lockstep.log.PartContent;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.proto.Reference;
import java.util.Optional;

/// Reads the fields of frames that hold the bytes of a submission. Stateless, without I/O.
final class PartReader {
    private final SessionLimits limits;
    private final int blobBytesMax;

    PartReader(SessionLimits limits, int blobBytesMax) {
        this.limits = limits;
        this.blobBytesMax = blobBytesMax;
    }

    /// Reads a field that can only be inline.
    Bytes inline(ByteString bytes, String field) throws RefusalException {
        return bytes(bytes, field, limits.messageBytesMax());
    }

    /// Reads a field that is inline or a reference; empty if neither is present.
    Optional<PartContent> content(ByteString inline, Reference reference, String field)
            throws RefusalException {
        int inlineMax =
                field.equals("welcome") ? limits.welcomeBytesMax() : limits.messageBytesMax();
        var bytes = bytes(inline, field, inlineMax);
        if (reference.getSha256().isEmpty() && reference.getSize() == 0) {
            return PartContent.ofOptional(bytes);
        }
        if (!bytes.isEmpty()) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, field + ": inline or by reference, not both");
        }
        if (reference.getSha256().size() != BlobReference.SHA256_BYTES || reference.getSize() < 1) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, field + "_reference: SHA-256 of 32 bytes, size above 0");
        }
        if (reference.getSize() > blobBytesMax) {
            throw new RefusalException(
                    Code.MESSAGE_TOO_LARGE, field + "_reference: at most " + blobBytesMax);
        }
        return Optional.of(new BlobReference(Bytes.of(reference.getSha256()), reference.getSize()));
    }

    private static Bytes bytes(ByteString bytes, String field, int bytesMax)
            throws RefusalException {
        if (bytes.size() > bytesMax) {
            throw tooLarge(field, bytesMax);
        }
        return Bytes.of(bytes);
    }

    private static RefusalException tooLarge(String field, int bytesMax) {
        return new RefusalException(
                Code.MESSAGE_TOO_LARGE,
                field
                        + ": at most "
                        + bytesMax
                        + " bytes inline; upload longer content and refer to it");
    }
}
