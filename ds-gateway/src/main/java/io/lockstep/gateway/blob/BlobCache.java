package io.lockstep.gateway.blob;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.log.BlobInfo;
import io.lockstep.log.BlobStore;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.runtime.ReadPermits;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;

/// A cache of recently used blobs in front of the blob store, bounded in bytes. Concurrent requests
/// for one blob share one fetch.
public final class BlobCache {
    /// A blob that was deleted from the store leaves the cache after this time.
    private static final Duration KEPT = Duration.ofMinutes(10);

    /// A store that never answers must not hold a permit forever. Longer than any store's own
    /// time-out.
    private static final Duration PERMIT_MAX = Duration.ofSeconds(30);

    private final BlobStore store;
    private final AsyncCache<BlobKey, Bytes> cache;
    private final ReadPermits permits;
    private final ReadPermits turns;

    private record BlobKey(GroupId group, Bytes sha256) {}

    public BlobCache(BlobStore store, BlobLimits limits) {
        this.store = store;
        permits = new ReadPermits(limits.fetchesMax());
        turns = new ReadPermits(limits.fetchesMax());
        cache =
                Caffeine.newBuilder()
                        .maximumWeight(limits.cacheBytesMax())
                        .weigher((BlobKey _, Bytes content) -> content.size())
                        .expireAfterWrite(KEPT)
                        .buildAsync();
    }

    /// @return empty if there is no such blob
    public Mono<Bytes> get(GroupId group, Bytes sha256) {
        // A cancelled caller does not cancel the fetch for the others.
        return Mono.fromFuture(
                () -> cache.get(new BlobKey(group, sha256), (key, _) -> fetch(key)), true);
    }

    /// Returns a range of a blob that is being sent: from the cache, or from the store if the cache
    /// has evicted it. A slow reader therefore holds no blob in memory.
    ///
    /// @param from with `length` within the blob's size
    public Mono<Bytes> part(GroupId group, Bytes sha256, int from, int length) {
        return Mono.defer(() -> {
            var held = cache.getIfPresent(new BlobKey(group, sha256));
            return held == null
                    ? store.part(group, sha256, from, length)
                    : Mono.fromFuture(held, true).map(content -> content.slice(from, length));
        });
    }

    private CompletableFuture<Bytes> fetch(BlobKey key) {
        var read =
                store.get(key.group(), key.sha256())
                        .timeout(PERMIT_MAX)
                        .onErrorMap(
                                TimeoutException.class,
                                e -> new LogUnavailableException("blob", key.group(), e));
        return permits.run(read).toFuture();
    }

    /// Runs work that holds several fetched blobs. Limits how many such tasks run at once.
    public <T> Mono<T> inTurn(Mono<T> work) {
        return turns.run(work.timeout(PERMIT_MAX));
    }

    /// @return empty if there is no such blob
    public Mono<BlobInfo> info(GroupId group, Bytes sha256) {
        return store.info(group, sha256);
    }

    /// Stores a blob that nothing refers to yet.
    ///
    /// @return whether it was not stored before
    public Mono<Boolean> put(GroupId group, Bytes sha256, Bytes content) {
        return store.put(group, sha256, content, BlobStore.UNREFERENCED)
                .doOnNext(_ ->
                        cache.put(
                                new BlobKey(group, sha256),
                                CompletableFuture.completedFuture(content)));
    }
}
