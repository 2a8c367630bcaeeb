package io.lockstep.redis.log;

import io.lockstep.log.GroupSnapshot;
import io.lockstep.redis.RedisLine;
import io.lockstep.redis.Reply;
import io.lockstep.redis.Script;
import reactor.core.publisher.Mono;

/// `load.lua`.
final class LoadScript {
    private static final Script SCRIPT = Script.reading("log/entries", "log/load");

    /// Of the messages of recent entries: as much as an actor remembers.
    private static final int BYTES_MAX = 256 << 10;

    private LoadScript() {}

    /// @param welcomesPending how many Welcomes of the group are not released
    record Loaded(GroupSnapshot snapshot, long welcomesPending) {}

    static Mono<Loaded> run(RedisLine line, GroupKeys keys, int recentMax) {
        return SCRIPT.run(
                        line,
                        new byte[][] {keys.meta(), keys.log(), keys.welcomes(), keys.proposals()},
                        Script.number(recentMax),
                        Script.number(BYTES_MAX),
                        Script.number(ReadScript.HELD_BYTES_MAX))
                .map(Reply::of)
                .filter(reply -> !reply.isEmpty())
                .map(LoadScript::loaded);
    }

    private static Loaded loaded(Reply reply) {
        var snapshot =
                new GroupSnapshot(
                        Packed.tail(reply, 0),
                        Packed.policy(reply, 3),
                        StoredEntries.decodeRange(reply.list(7)).reversed(),
                        Packed.positions(reply.value(8), GroupSnapshot.PROPOSALS_MAX));
        return new Loaded(snapshot, reply.number(6));
    }
}
