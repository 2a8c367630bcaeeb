package io.lockstep.gateway.limits;

/// What blobs may take.
///
/// ```
/// blobBytesMax ≤ cacheBytesMax              what was fetched once is there for the next
/// blobBytesMax ≤ uploadBurstBytes           one upload is always possible
/// bytesMax = cacheBytesMax + fetchesMax · fetchBytesMax
///     fetchBytesMax = 5 · blobBytesMax: one being fetched, and a bundle's four parts all held until it is read
/// ```
///
/// @param blobBytesMax longest blob: the tree of a group of 50,000 is about 10 MB, a commit in it 4, a Welcome
///     for all of them 6
/// @param cacheBytesMax of the blobs that a node holds because they were asked for lately
/// @param fetchesMax blobs on their way from the store at once; more wait
/// @param uploadBytesPerSecond of one client, over a long time
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
            throw new IllegalArgumentException("limits on blobs are 1 or more");
        }
        if (cacheBytesMax < blobBytesMax || uploadBurstBytes < blobBytesMax) {
            throw new IllegalArgumentException(
                    "one blob must fit into the cache, and into what a client may upload at once");
        }
    }

    /// What one of those on their way may hold.
    public long fetchBytesMax() {
        return 5L * blobBytesMax;
    }

    /// What all may hold.
    public long bytesMax() {
        return cacheBytesMax + fetchesMax * fetchBytesMax();
    }
}
