package io.lockstep.client.member;

import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;

/// Callbacks of a [MemberDevice] for events of the device and its groups, on the engine thread.
///
/// ```java
/// var listener = new MemberListener() {
///     @Override
///     public void received(
///             Conversation conversation, Delivered delivered, Bytes sender, Bytes plaintext) {
///         show(conversation.id(), MemberDevice.nameOf(sender), plaintext);
///     }
/// };
/// ```
public interface MemberListener {
    /// How a device entered a group.
    enum JoinMethod {
        CREATED,
        WELCOME,
        /// Also when the log no longer reaches back to the device's position. The messages in
        /// between are lost to it.
        EXTERNAL_COMMIT
    }

    /// The device entered or re-entered the group at the conversation's position. No entry was
    /// delivered yet.
    default void entered(Conversation conversation, JoinMethod how) {}

    /// The device joined by a Welcome and has attached to the group.
    default void joined(Conversation conversation) {}

    /// The device decrypted an application message of another member.
    default void received(
            Conversation conversation, Delivered delivered, Bytes sender, Bytes plaintext) {}

    /// The log delivered an own message.
    default void ownPlaced(Conversation conversation, Delivered delivered, Bytes plaintext) {}

    /// A commit of this device or another began the conversation's current epoch.
    default void epochBegan(Conversation conversation, Delivered delivered, Bytes committer) {}

    /// An own commit lost its epoch to another commit; the device makes it again.
    default void rebased(Conversation conversation, long wonPosition) {}

    /// The commit at this position removed the device.
    default void removed(Conversation conversation, Delivered delivered) {}

    /// A commit declared another change of the roster than it made in MLS, in a group that does not
    /// void commits. A client may get deliveries that is no member in MLS, or the reverse.
    default void rosterDiffers(Conversation conversation, Delivered delivered, String difference) {}

    /// A member has left the group. Its leaf is in the group until a member commits its removal, which
    /// this device does after a random time unless another was faster.
    default void memberLeft(Conversation conversation, Delivered delivered, String client) {}

    /// This device has left the group.
    default void left(Conversation conversation) {}

    /// A member cannot process the commit at this position.
    default void commitRejected(Conversation conversation, long position, String reason) {}

    /// The service voided the commit at this position and all after it, because members rejected it,
    /// or as its operator commanded. The conversation is in the epoch before it again. Own messages of the voided epochs were not readable: the application
    /// may send them again.
    default void commitsVoided(Conversation conversation, Delivered delivered, long position) {}

    /// The group has ended in favour of a successor. The application joins that one, and sends
    /// nothing more here.
    default void reinitialized(Conversation conversation, GroupId successor) {}

    /// A member has changed the group's policy.
    ///
    /// @param policy the whole policy from now on
    /// @param client who changed it, `user/device`
    default void policyChanged(
            Conversation conversation, Delivered delivered, GroupPolicy policy, String client) {}

    /// The operator of the service froze the group: until it is thawed, everything that is sent to it
    /// is refused with `group_frozen`.
    ///
    /// @param evidence why, as the operator states it
    default void frozen(Conversation conversation, Delivered delivered, String evidence) {}

    /// The operator ended the freeze.
    ///
    /// @param evidence why, as the operator states it
    default void thawed(Conversation conversation, Delivered delivered, String evidence) {}

    /// The device could not process a message.
    default void failed(Conversation conversation, Delivered delivered, RuntimeException why) {}

    /// Every event of the client, after the conversations have handled it.
    default void event(ClientEvent event) {}
}
