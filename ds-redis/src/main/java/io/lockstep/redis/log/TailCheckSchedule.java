package io.lockstep.redis.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Selects the followed groups that are compared with the store next: a limited number at a time,
/// each group once per round. A group with a notice since its last turn is skipped once.
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
            if (done.add(group) && !group.takeRecentNotice()) {
                chosen.add(group);
            }
        }
        // All groups had their turn: the next call starts a new round.
        done.clear();
        return chosen;
    }
}
