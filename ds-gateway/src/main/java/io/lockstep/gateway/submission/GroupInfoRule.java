package io.lockstep.gateway.submission;

import io.lockstep.crypto.GroupInfoCheck;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MalformedMessageException;
import java.util.Optional;

/// The check that a GroupInfo must pass before it is stored for joiners, as far as a non-member can
/// check it with the tree: see [GroupInfoCheck].
///
/// Takes milliseconds per thousand members: must not run on an event loop.
public final class GroupInfoRule {
    private GroupInfoRule() {}

    /// @param groupInfo MLSMessage, already parsed once; EMPTY for none
    /// @param tree the separate ratchet tree; EMPTY for none
    /// @return the rule that does not hold; empty if all rules hold that can be checked
    public static Optional<String> broken(Bytes groupInfo, Bytes tree) {
        if (groupInfo.isEmpty()) {
            return Optional.empty();
        }
        try {
            return switch (GroupInfoCheck.check(groupInfo, tree)) {
                case GroupInfoCheck.CheckResult.Holds _,
                        GroupInfoCheck.CheckResult.NotCheckable _ ->
                        Optional.empty();
                case GroupInfoCheck.CheckResult.Broken(var detail) -> Optional.of(detail);
            };
        } catch (MalformedMessageException e) {
            return Optional.of(e.detail());
        }
    }
}
