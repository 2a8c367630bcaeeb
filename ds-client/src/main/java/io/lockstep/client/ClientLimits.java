package io.lockstep.client;

/// What the server takes, as `ready` told it.
///
/// @param messageBytesMax longest MLSMessage in a frame; longer ones travel by reference
/// @param blobBytesMax longest blob; 0: the server keeps none
public record ClientLimits(int messageBytesMax, long blobBytesMax) {
    /// Until a server has said something else.
    static final ClientLimits ASSUMED = new ClientLimits(64 << 10, 0);

    static ClientLimits ofWire(io.lockstep.wire.proto.Limits wire) {
        return wire.getMessageBytesMax() == 0
                ? ASSUMED
                : new ClientLimits(
                        wire.getMessageBytesMax(), Integer.toUnsignedLong(wire.getBlobBytesMax()));
    }

    /// Whether these bytes have to travel by reference, and can.
    boolean apart(int size) {
        return size > messageBytesMax && size <= blobBytesMax;
    }
}
