package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Reads the roster of a group; each read is of one instant. A long change must be merged before: a
/// reader that finds one continues the merge, so a node that died during a merge blocks nobody.
final class RosterReads {
    private static final Script MEMBERS = Script.reading("log/members");
    private static final Script MERGE = Script.freeing("log/roster", "log/merge_roster");

    /// Fields of one query. The reply has 8 KiB.
    static final int FIELDS_MAX = 256;

    /// Maximum parts of a change: more than all names that a commit may contain.
    private static final int PARTS_MAX = 1_024;

    private final PipelinedConnection connection;
    private final LogLimits limits;

    RosterReads(PipelinedConnection connection, LogLimits limits) {
        this.connection = connection;
        this.limits = limits;
    }

    /// Reads values of the roster, or of its owners.
    ///
    /// @param hash key of the roster or of the owners
    /// @return one value for each field, in order
    Mono<List<Optional<byte[]>>> values(
            GroupId group, GroupRedisKeys keys, byte[] hash, List<byte[]> fields) {
        return Flux.fromIterable(fields)
                .buffer(FIELDS_MAX)
                .concatMap(some -> page(group, keys, hash, some.toArray(byte[][]::new)))
                .flatMapIterable(page -> page)
                .collectList();
    }

    private Mono<List<Optional<byte[]>>> page(
            GroupId group, GroupRedisKeys keys, byte[] hash, byte[][] fields) {
        var question = ask(keys, hash, fields);
        return question.switchIfEmpty(merge(keys).then(question))
                .switchIfEmpty(
                        Mono.error(() ->
                                new LogUnavailableException(
                                        "a roster change is being merged", group, null)));
    }

    /// @return empty while a change must be merged first
    private Mono<List<Optional<byte[]>>> ask(GroupRedisKeys keys, byte[] hash, byte[][] fields) {
        return MEMBERS.run(connection, new byte[][] {hash, keys.merging()}, fields)
                .map(ScriptReply::of)
                .filter(reply -> reply.number(0) == 1)
                .map(reply -> reply.list(1).optionals());
    }

    /// Merges the remaining parts of a long change.
    Mono<Void> merge(GroupRedisKeys keys) {
        var step =
                MERGE.run(
                                connection,
                                new byte[][] {
                                    keys.meta(),
                                    keys.roster(),
                                    keys.owners(),
                                    keys.former(),
                                    keys.merging()
                                },
                                Script.number(limits.formerMembersMax()))
                        .map(answer -> ScriptReply.of(answer).number(0));
        return step.repeat(PARTS_MAX).takeUntil(left -> left == 0).then();
    }
}
