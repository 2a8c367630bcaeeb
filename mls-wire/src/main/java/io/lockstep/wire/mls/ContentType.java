package io.lockstep.wire.mls;

/// ContentType (RFC 9420 §6), readable in both framings: the kind of a group's message.
public enum ContentType {
    APPLICATION(1),
    PROPOSAL(2),
    COMMIT(3);

    private final int wire;

    ContentType(int wire) {
        this.wire = wire;
    }

    public int wire() {
        return wire;
    }

    public static ContentType of(int wire) {
        return switch (wire) {
            case 1 -> APPLICATION;
            case 2 -> PROPOSAL;
            case 3 -> COMMIT;
            default -> throw new IllegalArgumentException("no content type " + wire);
        };
    }
}
