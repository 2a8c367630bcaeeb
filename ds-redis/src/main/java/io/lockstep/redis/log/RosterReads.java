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

/// Reads of a group's roster, each of one instant, and the merging of a long change that must be done before:
/// whoever finds one merges on, so that a node that died in the middle holds nobody up.
final class RosterReads {
    private static final Script MEMBERS = Script.reading("log/members");
    private static final Script MERGE = Script.freeing("log/roster", "log/merge_roster");

    /// Fields of one question: its answer has 8 KiB.
    static final int FIELDS_MAX = 256;

    /// A change has no more parts than this: every name that a commit may have, and some.
    private static final int PARTS_MAX = 1_024;

    private final PipelinedConnection line;
    private final LogLimits limits;

    RosterReads(PipelinedConnection line, LogLimits limits) {
        this.line = line;
        this.limits = limits;
    }

    /// Values of the roster, or of its owners.
    ///
    /// @param hash the one of the two
    /// @return one for each field, in order
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
                                new LogUnavailableException("roster in change", group, null)));
    }

    /// @return empty while a change must be merged first
    private Mono<List<Optional<byte[]>>> ask(GroupRedisKeys keys, byte[] hash, byte[][] fields) {
        return MEMBERS.run(line, new byte[][] {hash, keys.merging()}, fields)
                .map(ScriptReply::of)
                .filter(reply -> reply.number(0) == 1)
                .map(reply -> reply.list(1).optionals());
    }

    /// Merges what is left of a long change.
    Mono<Void> merge(GroupRedisKeys keys) {
        var step =
                MERGE.run(
                                line,
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
