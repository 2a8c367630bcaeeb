package io.lockstep.ordering.actor;

/// One user's share of a group's mailbox.
///
/// Confined to the mailbox's lock.
final class UserBacklog {
    private int count;
    private int bytes;

    void add(PendingSubmission mail) {
        count++;
        bytes += mail.bytes();
    }

    /// @return whether the share is empty
    boolean remove(PendingSubmission mail) {
        count--;
        bytes -= mail.bytes();
        return count == 0;
    }

    /// A dynamic threshold (Choudhury and Hahne, 1998): a user may not exceed the room that is
    /// left. One user alone can use half of the mailbox, two users together two thirds. A user
    /// without waiting mail finds room while there is any.
    boolean allows(PendingSubmission mail, int roomCount, int roomBytes) {
        return count + 1 <= roomCount && bytes + mail.bytes() <= roomBytes;
    }
}
