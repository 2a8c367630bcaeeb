package io.lockstep.gateway.submission;

import io.lockstep.crypto.GroupInfoCheck;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MalformedMessageException;
import java.util.Optional;

/// What a GroupInfo must fulfil before it is stored for newcomers, as far as its tree lets anyone tell who is
/// no member: see [GroupInfoCheck].
///
/// Milliseconds for each thousand members: never on an event loop.
public final class GroupInfoRule {
    private GroupInfoRule() {}

    /// @param groupInfo MLSMessage, read before; EMPTY for none
    /// @param tree the ratchet tree beside it; EMPTY for none
    /// @return what does not hold; empty where all holds that can be checked
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
