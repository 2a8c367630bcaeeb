package io.lockstep.wire.mls;

import java.util.OptionalLong;

/// The header of a PublicMessage (RFC 9420 §6.2): a proposal or a commit, never application
/// content. Older drafts call it MLSPlaintext.
///
/// @param senderIndex leaf index of a member, or index into external_senders of an external sender;
///     empty for the two kinds of new member
public record PublicMessage(
        GroupId groupId,
        long epoch,
        ContentType contentType,
        SenderType senderType,
        OptionalLong senderIndex)
        implements GroupMessage {}
