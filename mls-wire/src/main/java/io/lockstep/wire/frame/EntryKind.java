package io.lockstep.wire.frame;

import io.lockstep.wire.mls.ContentType;

/// The kind of a log entry: the content type of a client's MLSMessage (RFC 9420 §6), or CONTROL for
/// an entry of the service itself, a `ControlEntry` of the client protocol. The number is sent,
/// stored and hashed.
public enum EntryKind {
    APPLICATION(1),
    PROPOSAL(2),
    COMMIT(3),
    CONTROL(4);

    private final int number;

    EntryKind(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    public static EntryKind of(ContentType type) {
        return switch (type) {
            case APPLICATION -> APPLICATION;
            case PROPOSAL -> PROPOSAL;
            case COMMIT -> COMMIT;
        };
    }

    /// @throws IllegalArgumentException when this version does not know the kind
    public static EntryKind of(int number) {
        return switch (number) {
            case 1 -> APPLICATION;
            case 2 -> PROPOSAL;
            case 3 -> COMMIT;
            case 4 -> CONTROL;
            default -> throw new IllegalArgumentException("no kind of entry " + number);
        };
    }
}
