package io.lockstep.client;

/// Limits of the server, as its `ready` frame stated them.
///
/// ```java
/// boolean fits = message.size() <= client.limits().messageBytesMax();
/// ```
///
/// @param messageBytesMax longest MLSMessage inside a frame; longer ones travel by reference
/// @param blobBytesMax longest blob; 0: the server stores no blobs
public record ClientLimits(int messageBytesMax, long blobBytesMax) {
    /// Used until the first `ready`.
    static final ClientLimits ASSUMED = new ClientLimits(64 << 10, 0);

    static ClientLimits ofWire(io.lockstep.wire.proto.Limits wire) {
        return wire.getMessageBytesMax() == 0
                ? ASSUMED
                : new ClientLimits(
                        wire.getMessageBytesMax(), Integer.toUnsignedLong(wire.getBlobBytesMax()));
    }

    /// Whether bytes of this size must travel by reference and may.
    boolean apart(int size) {
        return size > messageBytesMax && size <= blobBytesMax;
    }
}
