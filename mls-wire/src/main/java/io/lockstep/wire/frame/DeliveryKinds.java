package io.lockstep.wire.frame;

import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.proto.Kind;

/// Converts [ContentType] to and from its value in the client protocol.
public final class DeliveryKinds {
    private DeliveryKinds() {}

    public static Kind kind(ContentType type) {
        return switch (type) {
            case APPLICATION -> Kind.KIND_APPLICATION;
            case PROPOSAL -> Kind.KIND_PROPOSAL;
            case COMMIT -> Kind.KIND_COMMIT;
        };
    }

    /// @throws IllegalArgumentException when this version does not know the kind
    public static ContentType contentType(Kind kind) {
        return switch (kind) {
            case KIND_APPLICATION -> ContentType.APPLICATION;
            case KIND_PROPOSAL -> ContentType.PROPOSAL;
            case KIND_COMMIT -> ContentType.COMMIT;
            case KIND_UNSPECIFIED, UNRECOGNIZED ->
                    throw new IllegalArgumentException("a delivery of unknown kind " + kind);
        };
    }
}
