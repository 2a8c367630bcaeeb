package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;

/// A blob was not stored: the group's blobs have reached the limit of [BlobQuota].
public final class BlobQuotaExceededException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BlobQuotaExceededException(GroupId group) {
        super("the blobs of group " + group + " have reached their limit", null, false, false);
    }
}
