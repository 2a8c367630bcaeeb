package io.lockstep.redis.log;

import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogPosition;
import io.lockstep.log.Membership;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.ScriptReply;
import io.lockstep.wire.Bytes;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The small values of a group as they lie in Redis.
///
/// ```
/// place      = incarnation[16] ‖ u64 position ‖ head[32]
/// membership = owner[16] ‖ u64 first visible ‖ u64 last visible
/// positions  = u64 each
/// ```
final class MetaCodec {
    private static final int PLACE_BYTES = GroupHead.INCARNATION_BYTES + 8 + GroupHead.BYTES;

    private MetaCodec() {}

    static byte[] place(LogPosition place) {
        var packed = ByteBuffer.allocate(PLACE_BYTES);
        packed.put(place.incarnation().toArray())
                .putLong(place.position())
                .put(place.head().toArray());
        return packed.array();
    }

    static LogPosition place(Bytes packed) {
        if (packed.size() != PLACE_BYTES) {
            throw new IllegalStateException("a place has 56 bytes, not " + packed.size());
        }
        return new LogPosition(
                packed.slice(0, GroupHead.INCARNATION_BYTES),
                number(packed, GroupHead.INCARNATION_BYTES),
                packed.slice(GroupHead.INCARNATION_BYTES + 8, GroupHead.BYTES));
    }

    /// The tail in three elements of a reply: place, epoch, first retained.
    static GroupTail tail(ScriptReply reply, int at) {
        return new GroupTail(place(reply.value(at)), reply.number(at + 1), reply.number(at + 2));
    }

    static byte[] membership(Membership membership) {
        var packed = ByteBuffer.allocate(UserPseudonym.BYTES + 16);
        packed.put(membership.owner().bytes().toArray())
                .putLong(membership.firstVisible())
                .putLong(membership.lastVisible());
        return packed.array();
    }

    static Membership membership(Bytes packed) {
        return new Membership(
                new UserPseudonym(packed.slice(0, UserPseudonym.BYTES)),
                number(packed, UserPseudonym.BYTES),
                number(packed, UserPseudonym.BYTES + 8));
    }

    /// The policy in three elements of a reply: past epochs, external join, retention in seconds.
    static GroupRules policy(ScriptReply reply, int at) {
        return new GroupRules(
                (int) reply.number(at),
                GroupRules.ExternalJoinRule.of((int) reply.number(at + 1)),
                Duration.ofSeconds(reply.number(at + 2)));
    }

    static byte[] positions(List<Long> positions) {
        var packed = ByteBuffer.allocate(8 * positions.size());
        positions.forEach(packed::putLong);
        return packed.array();
    }

    /// @param countMax of the first
    static List<Long> positions(Bytes packed, int countMax) {
        var positions = new ArrayList<Long>();
        for (int at = 0; at + 8 <= packed.size() && positions.size() < countMax; at += 8) {
            positions.add(number(packed, at));
        }
        return positions;
    }

    static byte[] number(long number) {
        return ByteBuffer.allocate(8).putLong(number).array();
    }

    private static long number(Bytes packed, int at) {
        long number = 0;
        for (int i = 0; i < 8; i++) {
            number = number << 8 | packed.at(at + i);
        }
        return number;
    }
}
