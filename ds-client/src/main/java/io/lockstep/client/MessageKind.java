package io.lockstep.client;

import io.lockstep.wire.proto.Kind;

/// What a delivered message is to MLS. The number goes into the head hash.
public enum MessageKind {
    APPLICATION(1),
    PROPOSAL(2),
    COMMIT(3);

    private final int number;

    MessageKind(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    static MessageKind of(Kind kind) {
        return switch (kind) {
            case KIND_APPLICATION -> APPLICATION;
            case KIND_PROPOSAL -> PROPOSAL;
            case KIND_COMMIT -> COMMIT;
            case KIND_UNSPECIFIED, UNRECOGNIZED ->
                    throw new IllegalArgumentException("a delivery of unknown kind " + kind);
        };
    }
}
