package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.NewEntry;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A roster change that is too long for one script. It is first stored in parts that no group uses.
/// The append links all of them in one step (all or nothing, invariant I1). Then the parts are
/// merged into the roster one by one, before anyone reads or changes the roster again.
///
/// @param key key of the list of parts; it contains a hash of their content, so two nodes never mix
///     two changes
/// @param added number of members that the change adds
record StagedRosterDelta(Bytes key, List<byte[]> parts, int added) {
    private static final Script STAGE = Script.of("log/stage_roster");

    /// Names in one part: less than a millisecond of Redis.
    static final int PART_NAMES = 256;

    /// Much longer than the append takes.
    private static final Duration LIFE = Duration.ofMinutes(10);

    /// @return empty when the change is short enough for one script
    static Optional<StagedRosterDelta> of(List<NewEntry> batch) {
        for (var added : batch) {
            var entry = added.entry();
            if (entry.rosterChange().size() > LogLimits.BATCH_NAMES_MAX) {
                return Optional.of(of(entry.head(), entry.position(), entry.rosterChange()));
            }
        }
        return Optional.empty();
    }

    private static StagedRosterDelta of(Bytes head, long position, RosterDelta change) {
        var parts = new ArrayList<byte[]>();
        // Sorted, so that the same change has the same key on every node.
        var removed = new TreeMap<String, byte[]>();
        change.removed().forEach(m -> removed.put(m.toString(), m.bytes().toArray()));
        var added = new TreeMap<String, byte[]>();
        change.added()
                .forEach((member, owner) -> {
                    var pair = new ByteArrayOutputStream();
                    pair.writeBytes(member.bytes().toArray());
                    pair.writeBytes(owner.bytes().toArray());
                    added.put(member.toString(), pair.toByteArray());
                });
        for (var names : inParts(removed)) {
            parts.add(part(position, names, new byte[0]));
        }
        for (var names : inParts(added)) {
            parts.add(part(position, new byte[0], names));
        }
        var digest = Bytes.newSha256();
        digest.update(head.toArray());
        parts.forEach(digest::update);
        return new StagedRosterDelta(
                Bytes.wrap(digest.digest()).slice(0, 16), parts, change.added().size());
    }

    private static List<byte[]> inParts(TreeMap<String, byte[]> names) {
        var parts = new ArrayList<byte[]>();
        var part = new ByteArrayOutputStream();
        int count = 0;
        for (var name : names.values()) {
            part.writeBytes(name);
            if (++count % PART_NAMES == 0) {
                parts.add(part.toByteArray());
                part.reset();
            }
        }
        if (part.size() > 0) {
            parts.add(part.toByteArray());
        }
        return parts;
    }

    /// Encodes a part for `roster.lua`.
    static byte[] part(long position, byte[] removed, byte[] added) {
        var part = new ByteArrayOutputStream();
        part.writeBytes(MetaCodec.number(position));
        part.writeBytes(MetaCodec.number(position + 1));
        part.writeBytes(Script.ascii(String.format("%04x", removed.length)));
        part.writeBytes(removed);
        part.writeBytes(added);
        return part.toByteArray();
    }

    /// Stores all parts. Parts that exist are not changed.
    Mono<Void> stage(PipelinedConnection connection, GroupRedisKeys keys, GroupId group) {
        var staged = new byte[][] {keys.staged(key)};
        return Flux.range(0, parts.size())
                .concatMap(i ->
                        STAGE.run(
                                        connection,
                                        staged,
                                        Script.number(i),
                                        parts.get(i),
                                        Script.number(LIFE.toMillis()))
                                .map(answer -> ScriptReply.of(answer).number(0))
                                .filter(count -> count > i)
                                .switchIfEmpty(
                                        Mono.error(() ->
                                                new LogUnavailableException(
                                                        "staged change", group, null))))
                .then();
    }
}
