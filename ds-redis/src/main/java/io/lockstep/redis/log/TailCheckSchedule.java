package io.lockstep.redis.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Which followed groups are compared with the store next: so many at a time, each once before any of them
/// again. A group of which news was heard since its last turn is passed over once.
///
/// Threads: *confined* to one caller at a time.
final class TailCheckSchedule {
    private final int countMax;
    private final Set<GroupSubscription> done = new HashSet<>();

    TailCheckSchedule(int countMax) {
        this.countMax = countMax;
    }

    List<GroupSubscription> next(Collection<GroupSubscription> all) {
        var chosen = new ArrayList<GroupSubscription>();
        for (var group : all) {
            if (chosen.size() == countMax) {
                return chosen;
            }
            if (done.add(group) && !group.takeHeard()) {
                chosen.add(group);
            }
        }
        // Everyone had a turn: the next round begins with the next call.
        done.clear();
        return chosen;
    }
}
