package io.lockstep.benchmarks.retention;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Groups of one member whose messages, all but the newest, are older than the retention.
///
/// The store compares the time of the newest message of a batch with its own clock, so that one has
/// the present time. A sweep keeps the newest message of a group in any case.
///
/// @param entries messages of each group
/// @param messageBytes size of a message
record IdleGroups(int groups, int entries, int messageBytes) {
    static final Duration RETENTION = Duration.ofHours(24);
    static final Duration AGE = Duration.ofHours(25);

    /// Groups that are created at a time.
    private static final int AT_ONCE = 64;

    private static final Duration PATIENCE = Duration.ofHours(1);

    /// Creates them all, with one append for each.
    void create(GroupLog log) {
        Flux.range(0, groups).flatMap(number -> create(log, number), AT_ONCE).blockLast(PATIENCE);
    }

    private Mono<Boolean> create(GroupLog log, int number) {
        var random = new Random(number);
        var id = new GroupId(bytes(random, 16));
        var made =
                new NewGroup(
                        bytes(random, GroupHead.INCARNATION_BYTES),
                        0,
                        GroupRules.DEFAULT.withRetention(RETENTION),
                        new MemberId(bytes(random, 16)),
                        new UserPseudonym(bytes(random, 16)),
                        Bytes.EMPTY);
        return log.create(id, made)
                .map(CreateOutcome::tail)
                .flatMap(tail -> append(log, id, tail.last(), random));
    }

    private Mono<Boolean> append(GroupLog log, GroupId id, LogPosition tail, Random random) {
        long now = System.currentTimeMillis();
        List<NewEntry> batch = new ArrayList<>(entries);
        var head = tail.head();
        for (int position = 1; position <= entries; position++) {
            var message = bytes(random, messageBytes);
            var hash = message.sha256();
            head = GroupHead.next(head, id, position, EntryKind.APPLICATION, hash);
            batch.add(
                    NewEntry.of(
                            new LogEntry(
                                    position,
                                    EntryKind.APPLICATION,
                                    0,
                                    position < entries ? now - AGE.toMillis() : now,
                                    message,
                                    hash,
                                    head,
                                    RosterDelta.NONE)));
        }
        return log.append(id, tail, batch)
                .map(outcome -> {
                    if (!(outcome instanceof AppendOutcome.Succeeded)) {
                        throw new IllegalStateException("not appended: " + outcome);
                    }
                    return true;
                });
    }

    private static Bytes bytes(Random random, int count) {
        var buffer = ByteBuffer.allocate(count);
        while (buffer.remaining() >= Long.BYTES) {
            buffer.putLong(random.nextLong());
        }
        return Bytes.wrap(buffer.array());
    }
}
