package io.lockstep.gateway.submission;

import io.lockstep.crypto.GroupInfoCheck;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.GroupInfo;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsMessageReader;
import java.util.Optional;

/// The checks that a GroupInfo must pass before it is stored for joiners, whether it comes with a
/// commit or apart from one. Stateless.
public final class GroupInfoRule {
    private GroupInfoRule() {}

    /// The public part of a GroupInfo of this group.
    ///
    /// @param groupInfo MLSMessage
    public static GroupInfo read(Bytes groupInfo, GroupId group) throws RefusalException {
        try {
            if (!(MlsMessageReader.read(groupInfo) instanceof GroupInfo read)) {
                throw new RefusalException(
                        Code.WRONG_MESSAGE_KIND, "group_info is not a GroupInfo");
            }
            if (!read.groupId().equals(group)) {
                throw new RefusalException(
                        Code.GROUP_INFO_MISMATCH, "group_info is not for this group");
            }
            return read;
        } catch (MalformedMessageException e) {
            throw new RefusalException(e.code(), "group_info: " + e.detail());
        }
    }

    /// The check with the tree, as far as a non-member can make it: see [GroupInfoCheck]. Takes
    /// milliseconds per thousand members: must not run on an event loop.
    ///
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
