package io.lockstep.log;

/// The limits of the blobs of one group. An upload beyond them is refused
/// ([BlobQuotaExceededException]) until other blobs have expired. Blobs referred to by an append
/// were counted at their upload.
///
/// @param uploadsMax blobs without a reference
/// @param uploadBytesMax bytes of these blobs: 32 of the longest
/// @param blobsMax all blobs of the group
/// @param bytesMax bytes of all blobs
public record BlobQuota(int uploadsMax, long uploadBytesMax, int blobsMax, long bytesMax) {
    public static final BlobQuota DEFAULT = new BlobQuota(1_024, 512L << 20, 65_536, 4L << 30);

    public BlobQuota {
        if (uploadsMax < 1 || uploadBytesMax < 1) {
            throw new IllegalArgumentException("a quota of blobs must allow at least one");
        }
        if (blobsMax < uploadsMax || bytesMax < uploadBytesMax) {
            throw new IllegalArgumentException(
                    "the quota of uploads must not exceed that of all blobs");
        }
    }
}
