package io.lockstep.ordering.actor;

/// What one user has waiting in a group's mailbox.
///
/// Confined to the mailbox's lock.
final class Share {
    private int count;
    private int bytes;

    void add(Mail mail) {
        count++;
        bytes += mail.bytes();
    }

    /// @return whether nothing is left
    boolean remove(Mail mail) {
        count--;
        bytes -= mail.bytes();
        return count == 0;
    }

    /// A dynamic threshold (Choudhury and Hahne, 1998): who has as much waiting as there is room left waits for its own
    /// to go. One user alone can take half, two together two thirds; whoever has nothing waiting always finds
    /// room while there is any.
    boolean allows(Mail mail, int roomCount, int roomBytes) {
        return count + 1 <= roomCount && bytes + mail.bytes() <= roomBytes;
    }
}
