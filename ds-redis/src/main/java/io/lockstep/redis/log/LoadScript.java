package io.lockstep.redis.log;

import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.Roster;
import io.lockstep.redis.RedisLine;
import io.lockstep.redis.Reply;
import io.lockstep.redis.Script;
import java.util.HashMap;
import reactor.core.publisher.Mono;

/// `load.lua`.
final class LoadScript {
    private static final Script SCRIPT = Script.of("log/load");

    private LoadScript() {}

    /// @param welcomesPending how many Welcomes of the group are not released
    record Loaded(GroupSnapshot snapshot, long welcomesPending) {}

    static Mono<Loaded> run(RedisLine line, GroupKeys keys, int recentMax) {
        return SCRIPT.run(
                        line,
                        new byte[][] {
                            keys.meta(),
                            keys.log(),
                            keys.roster(),
                            keys.welcomes(),
                            keys.proposals()
                        },
                        Script.number(recentMax))
                .map(Reply::of)
                .filter(reply -> !reply.isEmpty())
                .map(LoadScript::loaded);
    }

    private static Loaded loaded(Reply reply) {
        var snapshot =
                new GroupSnapshot(
                        Packed.tail(reply, 0),
                        Packed.policy(reply.bytes(3)),
                        roster(reply.list(5)),
                        StoredEntries.decodeRange(reply.list(6)).reversed(),
                        Packed.positions(reply.value(7), GroupSnapshot.PROPOSALS_MAX));
        return new Loaded(snapshot, reply.number(4));
    }

    private static Roster roster(Reply pairs) {
        var memberships = new HashMap<MemberId, Membership>();
        for (int i = 0; i < pairs.size(); i += 2) {
            memberships.put(new MemberId(pairs.value(i)), Packed.membership(pairs.value(i + 1)));
        }
        return new Roster(memberships);
    }
}
