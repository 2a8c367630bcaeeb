package io.lockstep.redis.log;

import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogPosition;
import io.lockstep.log.Membership;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.wire.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// Encodes the small values of a group in Redis.
///
/// ```
/// position   = incarnation[16] ‖ u64 position ‖ head[32]
/// membership = owner[16] ‖ u64 first visible ‖ u64 last visible
/// positions  = u64 each
/// ```
final class MetaCodec {
    private static final int PLACE_BYTES = GroupHead.INCARNATION_BYTES + 8 + GroupHead.BYTES;

    private MetaCodec() {}

    static byte[] logPosition(LogPosition logPosition) {
        var packed = ByteBuffer.allocate(PLACE_BYTES);
        packed.put(logPosition.incarnation().toArray())
                .putLong(logPosition.position())
                .put(logPosition.head().toArray());
        return packed.array();
    }

    static LogPosition logPosition(Bytes packed) {
        if (packed.size() != PLACE_BYTES) {
            throw new IllegalStateException("a log position has 56 bytes, not " + packed.size());
        }
        return new LogPosition(
                packed.slice(0, GroupHead.INCARNATION_BYTES),
                number(packed, GroupHead.INCARNATION_BYTES),
                packed.slice(GroupHead.INCARNATION_BYTES + 8, GroupHead.BYTES));
    }

    /// Decodes the tail from three elements of a reply: log position, epoch, first retained
    /// position.
    static GroupTail tail(ScriptReply reply, int at) {
        return new GroupTail(
                logPosition(reply.value(at)), reply.number(at + 1), reply.number(at + 2));
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

    /// The fields of the meta hash that contain the policy: past epochs, external join, retention
    /// in seconds, rejections that void a commit, who may name a successor, retention in bytes (0:
    /// none), who may change the policy.
    static List<byte[]> policyFields() {
        return List.of(
                Script.ascii("pe"),
                Script.ascii("pj"),
                Script.ascii("pr"),
                Script.ascii("pv"),
                Script.ascii("pi"),
                Script.ascii("pb"),
                Script.ascii("pc"));
    }

    /// The values of [#policyFields].
    static List<byte[]> policy(GroupRules policy) {
        return List.of(
                Script.number(policy.pastEpochs()),
                Script.number(policy.externalJoin().number()),
                Script.number(policy.retention().toSeconds()),
                Script.number(policy.voidAfter()),
                Script.number(policy.reinit().number()),
                Script.number(policy.retentionBytes().orElse(0)),
                Script.number(policy.change().number()));
    }

    /// The fields with their values, `name=number` each, and a blank after each.
    static byte[] policyText(GroupRules policy) {
        var text = new StringBuilder();
        var values = policy(policy);
        for (int i = 0; i < values.size(); i++) {
            text.append(new String(policyFields().get(i), StandardCharsets.US_ASCII))
                    .append('=')
                    .append(new String(values.get(i), StandardCharsets.US_ASCII))
                    .append(' ');
        }
        return Script.ascii(text.toString());
    }

    /// @param values of [#policyFields]; a group of an earlier release lacks the later ones
    static GroupRules policy(ScriptReply values) {
        long bytes = values.number(5, 0);
        return new GroupRules(
                (int) values.number(0),
                GroupRules.ExternalJoinRule.of((int) values.number(1)),
                Duration.ofSeconds(values.number(2)),
                (int) values.number(3, 0),
                GroupRules.MemberRight.of((int) values.number(4, 0)),
                bytes == 0 ? OptionalLong.empty() : OptionalLong.of(bytes),
                GroupRules.MemberRight.of((int) values.number(6, 0)));
    }

    static byte[] positions(List<Long> positions) {
        var packed = ByteBuffer.allocate(8 * positions.size());
        positions.forEach(packed::putLong);
        return packed.array();
    }

    /// @param countMax the most positions to decode, from the first on
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
