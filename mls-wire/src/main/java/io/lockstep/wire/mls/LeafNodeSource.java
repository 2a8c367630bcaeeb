package io.lockstep.wire.mls;

/// LeafNodeSource (RFC 9420 §7.2): the purpose of a LeafNode.
public enum LeafNodeSource {
    KEY_PACKAGE(1),
    UPDATE(2),
    COMMIT(3);

    private final int wire;

    LeafNodeSource(int wire) {
        this.wire = wire;
    }

    public int wire() {
        return wire;
    }
}
