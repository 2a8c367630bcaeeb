package io.lockstep.client;

import com.google.protobuf.ByteString;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The parts of one submission. Puts each part inline, or uploads it and refers to it if it is too
/// long.
final class PartUploader {
    private final GroupId group;
    private final BlobClient blobs;
    private final ClientLimits limits;
    private final List<Mono<BlobPointer>> uploads = new ArrayList<>();

    PartUploader(GroupId group, BlobClient blobs, ClientLimits limits) {
        this.group = group;
        this.blobs = blobs;
        this.limits = limits;
    }

    void put(
            Bytes part,
            Consumer<ByteString> inline,
            Consumer<io.lockstep.wire.proto.Reference> byReference) {
        if (limits.apart(part.size())) {
            byReference.accept(BlobPointer.to(part).toWire());
            uploads.add(blobs.upload(group, part));
        } else {
            inline.accept(part.asByteString());
        }
    }

    /// Completes when all referenced parts are uploaded.
    Mono<Void> uploaded() {
        return Flux.concat(uploads).then();
    }
}
