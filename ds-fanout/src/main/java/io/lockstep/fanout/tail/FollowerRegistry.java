package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.SharedTail;
import io.lockstep.fanout.outbound.TailRegistry;
import io.lockstep.wire.mls.GroupId;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.concurrent.ConcurrentHashMap;

/// The registry of the groups that this node follows. A frozen follower is kept after its last
/// session has gone. Otherwise the next session would get the history of a store that has lost
/// entries. Thread-safe.
final class FollowerRegistry implements TailRegistry {
    /// @param holders number of [GroupSubscribers] that deliver from it
    private record HeldFollower(GroupFollower follower, int holders) {}

    private final FollowerContext context;
    private final ConcurrentHashMap<GroupId, HeldFollower> followers = new ConcurrentHashMap<>();

    FollowerRegistry(FollowerContext context) {
        this.context = context;
    }

    @Override
    public SharedTail acquire(GroupId group, EventLoop homeLoop) {
        var fresh = new ArrayList<GroupFollower>(0);
        var held =
                followers.compute(
                        group,
                        (_, before) -> {
                            if (before != null) {
                                return new HeldFollower(before.follower, before.holders + 1);
                            }
                            var follower = new GroupFollower(group, context, homeLoop);
                            fresh.add(follower);
                            return new HeldFollower(follower, 1);
                        });
        fresh.forEach(GroupFollower::start);
        return held.follower;
    }

    @Override
    public void release(SharedTail tail) {
        var unused = new ArrayList<GroupFollower>(0);
        followers.computeIfPresent(
                tail.group(),
                (_, before) -> {
                    var after = new HeldFollower(before.follower, before.holders - 1);
                    if (after.holders > 0 || isFrozen(after.follower)) {
                        return after;
                    }
                    unused.add(after.follower);
                    return null;
                });
        unused.forEach(GroupFollower::close);
    }

    private static boolean isFrozen(GroupFollower follower) {
        return follower.status() instanceof SharedTail.TailStatus.FrozenTail;
    }

    void close() {
        for (var held : followers.values()) {
            held.follower.close();
        }
        followers.clear();
    }
}
