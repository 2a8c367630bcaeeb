package io.lockstep.wire.frame;

import io.lockstep.wire.proto.Kind;

/// Converts [EntryKind] to and from its value in the client protocol.
public final class DeliveryKinds {
    private DeliveryKinds() {}

    public static Kind kind(EntryKind kind) {
        return switch (kind) {
            case APPLICATION -> Kind.KIND_APPLICATION;
            case PROPOSAL -> Kind.KIND_PROPOSAL;
            case COMMIT -> Kind.KIND_COMMIT;
            case CONTROL -> Kind.KIND_CONTROL;
        };
    }

    /// @throws IllegalArgumentException when this version does not know the kind
    public static EntryKind entryKind(Kind kind) {
        return switch (kind) {
            case KIND_APPLICATION -> EntryKind.APPLICATION;
            case KIND_PROPOSAL -> EntryKind.PROPOSAL;
            case KIND_COMMIT -> EntryKind.COMMIT;
            case KIND_CONTROL -> EntryKind.CONTROL;
            case KIND_UNSPECIFIED, UNRECOGNIZED ->
                    throw new IllegalArgumentException("a delivery of unknown kind " + kind);
        };
    }
}
