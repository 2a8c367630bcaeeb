package io.lockstep.redis.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.log.GroupHead;
import io.lockstep.log.LogEntry;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads entries of one group from the store: opens the sealed ones, and takes those of layout 2 as
/// they are.
///
/// @param name the group's, for the log
/// @param key empty when the group has none, or it cannot be opened
record EntryReader(String name, Optional<GroupKey> key, Bytes incarnation) {
    private static final RateLimitedLogger BROKEN = RateLimitedLogger.of(EntryReader.class);
    private static final Bytes NO_HASH = Bytes.wrap(new byte[GroupHead.BYTES]);

    /// @throws BrokenSealException when the entry cannot be opened
    LogEntry read(long position, StoredEntry stored) {
        if (!EntrySealer.isSealed(stored)) {
            return EntryCodec.decode(position, stored);
        }
        if (key.isEmpty()) {
            throw new BrokenSealException("entry of a group without a key", null);
        }
        return EntryCodec.decode(
                position, EntrySealer.open(key.get(), incarnation, position, stored));
    }

    /// An entry that cannot be opened becomes one that contradicts itself. Whoever reads it treats
    /// it as any other wrong history: the group is frozen, with an alarm.
    ///
    /// @param range the reply of XRANGE: id and fields of each entry
    List<LogEntry> readRange(ScriptReply range) {
        var entries = new ArrayList<LogEntry>(range.size());
        for (int i = 0; i < range.size(); i++) {
            var entry = range.list(i);
            long position = position(entry.bytes(0));
            try {
                entries.add(read(position, parse(entry.list(1).bytes(1))));
            } catch (BrokenSealException e) {
                BROKEN.error("ALARM SEAL group {} position {}: {}", name, position, e.toString());
                entries.add(contradicting(position));
            }
        }
        return entries;
    }

    /// Its message has another hash than its own.
    private static LogEntry contradicting(long position) {
        return new LogEntry(
                position,
                EntryKind.APPLICATION,
                0,
                0,
                Bytes.EMPTY,
                NO_HASH,
                NO_HASH,
                RosterDelta.NONE);
    }

    private static StoredEntry parse(byte[] value) {
        try {
            return StoredEntry.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new BrokenSealException("entry", e);
        }
    }

    private static long position(byte[] id) {
        var text = new String(id, StandardCharsets.US_ASCII);
        return Long.parseLong(text, 0, text.indexOf('-'), 10);
    }
}
