package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;

/// A blob was not stored: the group's blobs take as much as [BlobQuota] lets them.
public final class BlobsFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BlobsFullException(GroupId group) {
        super("the blobs of group " + group + " take as much as they may", null, false, false);
    }
}
