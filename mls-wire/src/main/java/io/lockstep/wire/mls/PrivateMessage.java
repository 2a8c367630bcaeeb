package io.lockstep.wire.mls;

/// The public part of a PrivateMessage (RFC 9420 §6.3); older drafts call it MLSCiphertext.
public record PrivateMessage(GroupId groupId, long epoch, ContentType contentType)
        implements GroupMessage {}
