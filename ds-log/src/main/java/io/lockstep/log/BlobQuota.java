package io.lockstep.log;

/// What the blobs of one group take at most. An upload beyond it is refused ([BlobsFullException]) until
/// others have ended; what an append refers to was counted when it was uploaded.
///
/// @param uploadsMax blobs that nothing refers to
/// @param uploadBytesMax their bytes: 32 of the longest
/// @param blobsMax all blobs of the group
/// @param bytesMax their bytes
public record BlobQuota(int uploadsMax, long uploadBytesMax, int blobsMax, long bytesMax) {
    public static final BlobQuota DEFAULT = new BlobQuota(1_024, 512L << 20, 65_536, 4L << 30);

    public BlobQuota {
        if (uploadsMax < 1 || uploadBytesMax < 1) {
            throw new IllegalArgumentException("a quota of blobs lets one in");
        }
        if (blobsMax < uploadsMax || bytesMax < uploadBytesMax) {
            throw new IllegalArgumentException("uploads are some of all blobs");
        }
    }
}
