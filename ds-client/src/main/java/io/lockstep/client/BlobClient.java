package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import java.net.http.HttpRequest;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Mono;

/// HTTP client for the blobs of groups: data that is too long for a frame, addressed by its
/// SHA-256. Thread-safe.
///
/// ```java
/// Reference reference = client.blobs().upload(group, bytes).block();
/// Bytes same = client.blobs().fetch(group, reference).block();
/// ```
public final class BlobClient {
    private final HttpCalls http;
    private final AtomicLong sent = new AtomicLong();

    BlobClient(HttpCalls http) {
        this.http = http;
    }

    /// Uploads a blob. The server keeps a blob without any reference to it for an hour.
    public Mono<BlobPointer> upload(GroupId group, Bytes bytes) {
        var reference = BlobPointer.to(bytes);
        return http.callAgain(() ->
                        http.request(pathOf(group, reference))
                                .header("Content-Type", "application/octet-stream")
                                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes.toArray())))
                .map(_ -> {
                    sent.addAndGet(bytes.size());
                    return reference;
                });
    }

    /// Fetches a blob. Fails with `reference_mismatch` if the bytes do not match the reference.
    public Mono<Bytes> fetch(GroupId group, BlobPointer reference) {
        return http.callAgain(() -> http.request(pathOf(group, reference)).GET())
                .map(response -> verified(Bytes.wrap(response.body()), reference));
    }

    private static Bytes verified(Bytes bytes, BlobPointer reference) {
        if (bytes.size() != reference.size() || !bytes.sha256().equals(reference.sha256())) {
            throw new RefusedException(
                    ServerRefusal.of(
                            new Refusal(Code.REFERENCE_MISMATCH, "the server sent other bytes")));
        }
        return bytes;
    }

    /// Returns the number of uploaded bytes.
    public long sentBytes() {
        return sent.get();
    }

    private static String pathOf(GroupId group, BlobPointer reference) {
        return HttpCalls.pathOf(group) + "/blobs/" + reference.sha256().hex();
    }
}
