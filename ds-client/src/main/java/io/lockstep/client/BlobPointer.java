package io.lockstep.client;

import io.lockstep.wire.Bytes;

/// A reference to a blob of one group: its SHA-256 and its size in bytes.
///
/// ```java
/// Reference reference = client.blobs().upload(group, bytes).block();
/// ```
public record BlobPointer(Bytes sha256, long size) {
    static BlobPointer to(Bytes bytes) {
        return new BlobPointer(bytes.sha256(), bytes.size());
    }

    static BlobPointer ofWire(io.lockstep.wire.proto.Reference wire) {
        return new BlobPointer(Bytes.of(wire.getSha256()), wire.getSize());
    }

    io.lockstep.wire.proto.Reference toWire() {
        return io.lockstep.wire.proto.Reference.newBuilder()
                .setSha256(sha256.asByteString())
                .setSize(size)
                .build();
    }
}
