package io.lockstep.log;

/// The range of positions that a member may see: `firstVisible ≤ p ≤ lastVisible`.
///
/// @param owner the user that owns this device
/// @param firstVisible the position after the commit that added the member; 1 for the creator
/// @param lastVisible the position of the commit that removed it; [#OPEN] while it is a member
public record Membership(UserPseudonym owner, long firstVisible, long lastVisible) {
    public static final long OPEN = Long.MAX_VALUE;

    public boolean isCurrent() {
        return lastVisible == OPEN;
    }

    public Membership removedAt(long position) {
        return new Membership(owner, firstVisible, position);
    }
}
