package io.lockstep.log;

/// What a member may see: the positions `firstVisible ≤ p ≤ lastVisible`.
///
/// @param owner the user whose device this is
/// @param firstVisible the position after the commit that added the member; 1 for the creator
/// @param lastVisible the position of the commit that removed it; [#OPEN] while it is a member
public record Membership(OwnerId owner, long firstVisible, long lastVisible) {
    public static final long OPEN = Long.MAX_VALUE;

    public boolean isCurrent() {
        return lastVisible == OPEN;
    }

    public Membership removedAt(long position) {
        return new Membership(owner, firstVisible, position);
    }
}
