package io.lockstep.wire.mls;

/// A framed message of a group (RFC 9420 §6), limited to the fields that are public in both
/// framings.
public sealed interface GroupMessage extends MlsMessage permits PublicMessage, PrivateMessage {
    GroupId groupId();

    /// The epoch in which it was created; for a commit the one that it ends. At most 2^63 - 1.
    long epoch();

    ContentType contentType();
}
