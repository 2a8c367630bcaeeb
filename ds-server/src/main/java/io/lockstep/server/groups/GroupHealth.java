package io.lockstep.server.groups;

import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTroubles;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.StoredGroupInfo;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Whether a group is broken: whether its members cannot go on, or an operator must look at it. It
/// follows from the group's state and from the register of troubles. A group that has ended in
/// favour of a successor is not broken.
final class GroupHealth {
    /// How long a GroupInfo may be stale: a member that connects puts the current one.
    static final Duration STALE_MAX = Duration.ofHours(1);

    /// How long a commit may be provisional, in a group that has had troubles.
    static final Duration UNCONFIRMED_MAX = Duration.ofDays(1);

    /// For how long a void is looked at.
    static final Duration VOID_WATCHED = Duration.ofDays(1);

    private GroupHealth() {}

    /// Why a group is broken.
    enum Reason {
        /// The operator has frozen it.
        FROZEN,
        /// A member has rejected a commit that is still provisional.
        REJECTED,
        /// A commit has been provisional for [#UNCONFIRMED_MAX].
        UNCONFIRMED,
        /// The GroupInfo has been stale for [#STALE_MAX].
        GROUP_INFO_STALE,
        /// Commits were voided within [#VOID_WATCHED], and since then no commit was confirmed and
        /// has a current GroupInfo.
        VOIDED;

        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// @return empty for a healthy group
    static Set<Reason> of(
            GroupSnapshot snapshot,
            Optional<StoredGroupInfo> info,
            GroupTroubles troubles,
            long nowMillis) {
        var reasons = EnumSet.noneOf(Reason.class);
        if (snapshot.succession().successor().isPresent()) {
            return reasons;
        }
        var provisional = snapshot.provisional().commits();
        if (snapshot.frozenAt() > 0) {
            reasons.add(Reason.FROZEN);
        }
        if (provisional.stream().anyMatch(commit -> !commit.rejectedBy().isEmpty())) {
            reasons.add(Reason.REJECTED);
        }
        if (troubles.lastMillis() > 0
                && provisional.stream()
                        .anyMatch(commit ->
                                isOver(UNCONFIRMED_MAX, commit.acceptedAtMillis(), nowMillis))) {
            reasons.add(Reason.UNCONFIRMED);
        }
        boolean stale =
                info.filter(stored -> stored.epoch() != snapshot.tail().epoch()).isPresent();
        if (stale
                && troubles.staleSinceMillis() > 0
                && isOver(STALE_MAX, troubles.staleSinceMillis(), nowMillis)) {
            reasons.add(Reason.GROUP_INFO_STALE);
        }
        if (troubles.voidedAtMillis() > 0
                && !isOver(VOID_WATCHED, troubles.voidedAtMillis(), nowMillis)
                && !hasRecovered(snapshot, info, troubles)) {
            reasons.add(Reason.VOIDED);
        }
        return reasons;
    }

    private static boolean hasRecovered(
            GroupSnapshot snapshot, Optional<StoredGroupInfo> info, GroupTroubles troubles) {
        long confirmed =
                snapshot.provisional().commits().stream()
                        .findFirst()
                        .map(ProvisionalCommit::epoch)
                        .orElse(snapshot.tail().epoch());
        return Long.compareUnsigned(confirmed, troubles.voidedToEpoch()) > 0
                && info.filter(stored -> Long.compareUnsigned(stored.epoch(), confirmed) >= 0)
                        .isPresent();
    }

    private static boolean isOver(Duration most, long sinceMillis, long nowMillis) {
        return nowMillis - sinceMillis >= most.toMillis();
    }
}
