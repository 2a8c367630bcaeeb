package io.lockstep.wire.mls;

/// SenderType (RFC 9420 §6): the sender's relation to the group.
public enum SenderType {
    /// A leaf of the group.
    MEMBER(1),
    /// One of the group's external_senders (§12.1.8.1).
    EXTERNAL(2),
    /// A client that proposes to add itself (§12.1.8).
    NEW_MEMBER_PROPOSAL(3),
    /// A client that joins by external commit (§12.4.3.2).
    NEW_MEMBER_COMMIT(4);

    private final int wire;

    SenderType(int wire) {
        this.wire = wire;
    }

    public int wire() {
        return wire;
    }
}
