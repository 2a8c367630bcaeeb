package io.lockstep.ordering.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.Roster;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownMembersTest {
    private static final long SEED = 14;

    /// An answer may be newer than the state that stores it: its changes are not applied twice.
    @Test
    void followsTheRosterThoughAnswersAreLate() {
        var random = new Random(SEED);
        for (int run = 0; run < 300; run++) {
            var creator = member(0);
            var rosters = new ArrayList<Roster>();
            rosters.add(Roster.ofCreator(creator, new UserPseudonym(0, 0)));
            var changes = new ArrayList<RosterDelta>();
            for (int position = 1; position <= 30; position++) {
                var change = change(random);
                changes.add(change);
                rosters.add(rosters.getLast().after(change, position));
            }
            var known = KnownMembers.NONE;
            int caughtUp = 0;
            for (int position = 1; position <= 30; position++) {
                known = known.after(changes.get(position - 1), position);
                if (position < 28 && random.nextInt(3) == 0) {
                    int asOf = position + random.nextInt(3);
                    var asked = member(random.nextInt(8));
                    if (!known.knows(asked)) {
                        known =
                                known.withMembers(
                                        Map.of(asked, rosters.get(asOf).find(asked)), Map.of());
                        caughtUp = Math.max(caughtUp, asOf);
                    }
                }
                if (position >= caughtUp) {
                    for (int i = 0; i < 8; i++) {
                        if (known.knows(member(i))) {
                            assertThat(known.find(member(i)))
                                    .as("seed %d, run %d, position %d", SEED, run, position)
                                    .isEqualTo(rosters.get(position).find(member(i)));
                        }
                    }
                }
            }
        }
    }

    @Test
    void memberThatWasNotLookedUpIsNotTreatedAsAStranger() {
        assertThatThrownBy(() -> KnownMembers.NONE.find(member(1)))
                .isInstanceOf(IllegalStateException.class);
        var known = KnownMembers.ofCreator(member(1), new UserPseudonym(1, 1));
        assertThat(known.after(new RosterDelta(Map.of(), Set.of(), 1_000), 1).knows(member(1)))
                .as("a long change may concern anybody")
                .isFalse();
    }

    @Test
    void staysWithinItsLimit() {
        var known = KnownMembers.NONE;
        for (int i = 0; i < 40_000; i += 100) {
            var told = new HashMap<MemberId, Optional<Membership>>();
            for (int j = i; j < i + 100; j++) {
                told.put(member(j), Optional.empty());
            }
            known = known.withMembers(told, Map.of());
            assertThat(known.size()).isLessThanOrEqualTo(KnownMembers.KNOWN_MAX);
            assertThat(known.knows(member(i + 99))).isTrue();
        }
    }

    private static RosterDelta change(Random random) {
        var added = new HashMap<MemberId, UserPseudonym>();
        var removed = new HashSet<MemberId>();
        for (int i = 0; i < 3; i++) {
            if (random.nextBoolean()) {
                added.put(member(random.nextInt(8)), new UserPseudonym(1, random.nextInt(3)));
            } else {
                removed.add(member(random.nextInt(8)));
            }
        }
        return new RosterDelta(added, removed);
    }

    private static MemberId member(int i) {
        return new MemberId(new Random(i).nextLong(), i);
    }
}
