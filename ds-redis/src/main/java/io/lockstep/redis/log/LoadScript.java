package io.lockstep.redis.log;

import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.Succession;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Runs `load.lua`: reads the state of a group.
final class LoadScript {
    private static final Script SCRIPT = Script.reading("log/entries", "log/load");

    /// Bytes of the messages of recent entries: as many as an actor keeps.
    private static final int BYTES_MAX = 256 << 10;

    private LoadScript() {}

    /// @param welcomesPending number of Welcomes of the group that are not released
    record LoadReply(GroupSnapshot snapshot, long welcomesPending) {}

    static Mono<LoadReply> run(
            PipelinedConnection connection,
            GroupRedisKeys keys,
            ValueSealer sealing,
            GroupKeyCache groupKeys,
            int recentMax) {
        var arguments =
                new ArrayList<byte[]>(
                        List.of(
                                Script.number(recentMax),
                                Script.number(BYTES_MAX),
                                Script.number(ReadScript.HELD_BYTES_MAX)));
        arguments.addAll(MetaCodec.policyFields());
        return SCRIPT.run(
                        connection,
                        new byte[][] {keys.meta(), keys.log(), keys.welcomes(), keys.proposals()},
                        arguments.toArray(byte[][]::new))
                .map(ScriptReply::of)
                .filter(reply -> !reply.isEmpty())
                .map(reply -> loaded(reply, sealing, keys, groupKeys));
    }

    private static LoadReply loaded(
            ScriptReply reply, ValueSealer sealing, GroupRedisKeys keys, GroupKeyCache groupKeys) {
        var tail = MetaCodec.tail(reply, 0);
        var reader = groupKeys.reader(keys, tail, reply.bytes(10));
        var snapshot =
                new GroupSnapshot(
                        tail,
                        MetaCodec.policy(reply.list(3)),
                        reader.readRange(reply.list(5)).reversed(),
                        MetaCodec.positions(reply.value(6), GroupSnapshot.PROPOSALS_MAX),
                        ProvisionalCodec.decode(reply.value(7)),
                        succession(reply.value(8), reply.bytes(9), sealing),
                        reply.number(11),
                        DeparturesCodec.open(reply.bytes(12), sealing));
        return new LoadReply(snapshot, reply.number(4));
    }

    private static Succession succession(Bytes owner, byte[] successor, ValueSealer sealing) {
        return new Succession(
                owner.isEmpty() ? Optional.empty() : Optional.of(new UserPseudonym(owner)),
                successor.length == 0
                        ? Optional.empty()
                        : Optional.of(
                                new GroupId(
                                        Bytes.wrap(
                                                sealing.open(SealPurpose.SUCCESSOR, successor)))));
    }
}
