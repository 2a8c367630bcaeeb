package io.lockstep.log;

import java.time.Duration;
import java.util.OptionalLong;

/// The policy of a group: its creator chooses it, and [PolicyChange] changes it later. The methods
/// `with…` change one rule of [#DEFAULT] or of another policy, so a new rule changes no caller.
///
/// @param pastEpochs how far behind the current epoch an application message may be, 0 to 16
/// @param externalJoin which clients may fetch the GroupInfo and join by external commit
/// @param retention how long entries are kept
/// @param voidAfter number of members that must reject a provisional commit to void it; 0: commits
///     are never provisional
/// @param reinit who may end the group in favour of a successor
/// @param retentionBytes of the entries within the retention, the newest are kept whose messages
///     have this many bytes together; empty: as many as [LogLimits#logBytesMax] allows
/// @param change who may change these rules
public record GroupRules(
        int pastEpochs,
        ExternalJoinRule externalJoin,
        Duration retention,
        int voidAfter,
        MemberRight reinit,
        OptionalLong retentionBytes,
        MemberRight change) {
    public static final int PAST_EPOCHS_MAX = 16;
    public static final int VOID_AFTER_MAX = 16;
    public static final GroupRules DEFAULT =
            new GroupRules(
                    1,
                    ExternalJoinRule.DEVICES,
                    Duration.ofDays(30),
                    0,
                    MemberRight.CREATOR,
                    OptionalLong.empty(),
                    MemberRight.CREATOR);

    public GroupRules {
        if (pastEpochs < 0 || pastEpochs > PAST_EPOCHS_MAX) {
            throw new IllegalArgumentException("past epochs must be 0 to 16, not " + pastEpochs);
        }
        if (retention.toSeconds() < 1) {
            throw new IllegalArgumentException(
                    "retention must be at least a second, not " + retention);
        }
        if (voidAfter < 0 || voidAfter > VOID_AFTER_MAX) {
            throw new IllegalArgumentException("void after must be 0 to 16, not " + voidAfter);
        }
        if (retentionBytes.orElse(1) < 1) {
            throw new IllegalArgumentException(
                    "retention must be at least a byte, not " + retentionBytes);
        }
    }

    /// Whether commits can be voided.
    public boolean voidsCommits() {
        return voidAfter > 0;
    }

    public GroupRules withPastEpochs(int epochs) {
        return new GroupRules(
                epochs, externalJoin, retention, voidAfter, reinit, retentionBytes, change);
    }

    public GroupRules withExternalJoin(ExternalJoinRule rule) {
        return new GroupRules(
                pastEpochs, rule, retention, voidAfter, reinit, retentionBytes, change);
    }

    public GroupRules withRetention(Duration time) {
        return new GroupRules(
                pastEpochs, externalJoin, time, voidAfter, reinit, retentionBytes, change);
    }

    public GroupRules withVoidAfter(int rejections) {
        return new GroupRules(
                pastEpochs, externalJoin, retention, rejections, reinit, retentionBytes, change);
    }

    public GroupRules withRetentionBytes(long bytes) {
        return new GroupRules(
                pastEpochs,
                externalJoin,
                retention,
                voidAfter,
                reinit,
                OptionalLong.of(bytes),
                change);
    }

    /// Whether the policy keeps this many bytes of messages, so that entries before them may go.
    public boolean keepsNoMoreThan(long bytes) {
        return retentionBytes.isPresent() && bytes >= retentionBytes.getAsLong();
    }

    public GroupRules withReinit(MemberRight rule) {
        return new GroupRules(
                pastEpochs, externalJoin, retention, voidAfter, rule, retentionBytes, change);
    }

    public GroupRules withChange(MemberRight right) {
        return new GroupRules(
                pastEpochs, externalJoin, retention, voidAfter, reinit, retentionBytes, right);
    }

    /// Whether the policy allows a non-member to join without being added: by an external commit
    /// (RFC 9420 §12.4.3.2), or after a proposal to add itself (§12.1.8). Invariant I9. A member
    /// needs no policy: it may always rejoin.
    ///
    /// @param ownerIsThere whether another device of its user is a member
    public boolean letsJoin(boolean ownerIsThere) {
        return switch (externalJoin) {
            case MEMBERS -> false;
            case DEVICES -> ownerIsThere;
            case OPEN -> true;
        };
    }

    /// Whether [#letsJoin] depends on the devices of the user. Otherwise they need not be looked
    /// up.
    public boolean asksForDevices() {
        return letsJoin(true) != letsJoin(false);
    }

    /// Which clients, in addition to members, may join a group without being added. The number is
    /// stored.
    public enum ExternalJoinRule {
        /// Members only, which rejoin after losing their state.
        MEMBERS(1),
        /// Also other devices of a user that has a member device.
        DEVICES(2),
        /// Every authenticated client.
        OPEN(3);

        private final int number;

        ExternalJoinRule(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }

        public static ExternalJoinRule of(int number) {
            return switch (number) {
                case 1 -> MEMBERS;
                case 2 -> DEVICES;
                case 3 -> OPEN;
                default -> throw new IllegalArgumentException("no external join policy " + number);
            };
        }
    }

    /// Which members may do something to the whole group. The number is stored.
    public enum MemberRight {
        /// Devices of the user that created the group.
        CREATOR(1),
        /// Every member.
        MEMBERS(2),
        /// Nobody.
        NOBODY(3);

        private final int number;

        MemberRight(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }

        /// @param number 0 of a group of an older release
        public static MemberRight of(int number) {
            return switch (number) {
                case 0, 1 -> CREATOR;
                case 2 -> MEMBERS;
                case 3 -> NOBODY;
                default -> throw new IllegalArgumentException("no right of members " + number);
            };
        }

        /// Whether a member has the right.
        ///
        /// @param isCreators whether it is a device of the user that created the group
        public boolean isOf(boolean isCreators) {
            return switch (this) {
                case CREATOR -> isCreators;
                case MEMBERS -> true;
                case NOBODY -> false;
            };
        }
    }
}
