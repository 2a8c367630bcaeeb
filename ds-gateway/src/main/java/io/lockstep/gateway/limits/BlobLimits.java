package io.lockstep.gateway.limits;

/// Limits of blobs.
///
/// ```
/// blobBytesMax ≤ cacheBytesMax              a fetched blob fits the cache
/// blobBytesMax ≤ uploadBurstBytes           one upload is always possible
/// bytesMax = cacheBytesMax + fetchesMax · fetchBytesMax
///     fetchBytesMax = 5 · blobBytesMax      one in transit, and the four parts of a bundle, all
///                                           held until the bundle is read
/// ```
///
/// @param blobBytesMax longest blob. In a group of 50,000, the tree is about 10 MB, a commit 4 MB,
///     and a Welcome for all members 6 MB
/// @param cacheBytesMax bytes of recently used blobs that a node caches
/// @param fetchesMax concurrent fetches from the store; further fetches wait
/// @param uploadBytesPerSecond of one client, long-term rate
/// @param uploadBurstBytes of one client, at once
public record BlobLimits(
        int blobBytesMax,
        long cacheBytesMax,
        int fetchesMax,
        long uploadBytesPerSecond,
        long uploadBurstBytes) {
    public static final BlobLimits DEFAULT =
            new BlobLimits(16 << 20, 64L << 20, 4, 2L << 20, 64L << 20);

    public BlobLimits {
        if (blobBytesMax < 1 || fetchesMax < 1 || uploadBytesPerSecond < 1) {
            throw new IllegalArgumentException("blob limits must be 1 or more");
        }
        if (cacheBytesMax < blobBytesMax || uploadBurstBytes < blobBytesMax) {
            throw new IllegalArgumentException(
                    "one blob must fit into the cache and into the upload burst");
        }
    }

    /// The most bytes that one fetch can hold.
    public long fetchBytesMax() {
        return 5L * blobBytesMax;
    }

    /// The most bytes that the cache and all fetches can hold.
    public long bytesMax() {
        return cacheBytesMax + fetchesMax * fetchBytesMax();
    }
}
