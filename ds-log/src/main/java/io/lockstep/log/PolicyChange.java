package io.lockstep.log;

import io.lockstep.log.GroupRules.ExternalJoinRule;
import io.lockstep.log.GroupRules.MemberRight;
import java.time.Duration;
import java.util.Optional;

/// The rules of a policy that are to be changed; those that are empty stay. Each rule has the
/// limits of [GroupRules].
public record PolicyChange(
        Optional<Integer> pastEpochs,
        Optional<ExternalJoinRule> externalJoin,
        Optional<Duration> retention,
        Optional<Integer> voidAfter,
        Optional<MemberRight> reinit,
        Optional<Long> retentionBytes,
        Optional<MemberRight> change) {
    public boolean isEmpty() {
        return pastEpochs.isEmpty()
                && externalJoin.isEmpty()
                && retention.isEmpty()
                && voidAfter.isEmpty()
                && reinit.isEmpty()
                && retentionBytes.isEmpty()
                && change.isEmpty();
    }

    /// Whether it would make commits provisional in a group whose commits are not, or the opposite.
    /// A group keeps what it began with: who joined it may be a client that cannot go back to an
    /// earlier epoch.
    public boolean turnsVoids(GroupRules rules) {
        return voidAfter.isPresent() && (voidAfter.get() > 0) != rules.voidsCommits();
    }

    public GroupRules applyTo(GroupRules rules) {
        var next = rules;
        next = pastEpochs.map(next::withPastEpochs).orElse(next);
        next = externalJoin.map(next::withExternalJoin).orElse(next);
        next = retention.map(next::withRetention).orElse(next);
        next = voidAfter.map(next::withVoidAfter).orElse(next);
        next = reinit.map(next::withReinit).orElse(next);
        next = retentionBytes.map(next::withRetentionBytes).orElse(next);
        return change.map(next::withChange).orElse(next);
    }
}
