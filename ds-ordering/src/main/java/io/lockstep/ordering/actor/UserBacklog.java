package io.lockstep.ordering.actor;

/// One user's share of a group's mailbox.
///
/// Confined to the mailbox's lock.
final class UserBacklog {
    private int count;
    private int bytes;

    void add(PendingSubmission pending) {
        count++;
        bytes += pending.bytes();
    }

    /// @return whether the share is empty
    boolean remove(PendingSubmission pending) {
        count--;
        bytes -= pending.bytes();
        return count == 0;
    }

    /// A dynamic threshold (Choudhury and Hahne, 1998): a user may not exceed the room that is
    /// left. One user alone can use half of the mailbox, two users together two thirds. A user
    /// without waiting submissions finds room while there is any.
    boolean allows(PendingSubmission pending, int freeCount, int freeBytes) {
        return count + 1 <= freeCount && bytes + pending.bytes() <= freeBytes;
    }
}
