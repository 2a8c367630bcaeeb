package io.lockstep.client.member;

import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.wire.Bytes;

/// What happens to a device and in its groups, told on the engine thread.
public interface MemberListener {
    /// How a device comes into a group.
    enum Way {
        CREATED,
        WELCOME,
        /// Also when the log no longer reaches back to its place: what was said in between is lost to it.
        EXTERNAL_COMMIT
    }

    /// The device is in the group, or in it again, at the conversation's position; nothing of it was shown yet.
    default void entered(Conversation conversation, Way how) {}

    /// The device joined by a Welcome and has attached.
    default void joined(Conversation conversation) {}

    /// An application message of another member was decrypted.
    default void received(
            Conversation conversation, Delivered delivered, Bytes sender, Bytes plaintext) {}

    /// The own message came back in its place.
    default void ownPlaced(Conversation conversation, Delivered delivered, Bytes plaintext) {}

    /// A commit, the own one or another's, began the conversation's present epoch.
    default void epochBegan(Conversation conversation, Delivered delivered, Bytes committer) {}

    /// An own commit lost its race and will be made anew.
    default void rebased(Conversation conversation, long wonPosition) {}

    /// The commit at this place removed the device.
    default void removed(Conversation conversation, Delivered delivered) {}

    /// A message could not be processed.
    default void failed(Conversation conversation, Delivered delivered, RuntimeException why) {}

    /// Everything the library tells, after the conversations have seen it.
    default void event(ClientEvent event) {}
}
