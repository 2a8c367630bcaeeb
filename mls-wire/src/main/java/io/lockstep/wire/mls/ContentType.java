package io.lockstep.wire.mls;

/// ContentType (RFC 9420 §6), readable in both framings.
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
}
