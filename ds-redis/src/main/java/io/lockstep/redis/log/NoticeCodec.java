package io.lockstep.redis.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.proto.GroupNews;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Encodes and decodes the notices that nodes send to each other about a group.
final class NoticeCodec {
    private static final Logger LOG = LoggerFactory.getLogger(NoticeCodec.class);

    /// A notice with more bytes contains no entries, and its receivers read them from the log:
    /// Redis keeps a copy for each node that does not keep up.
    private static final int ENTRIES_BYTES_MAX = 256 * 1024;

    private static final int NODE_BYTES = 16;
    private final ByteString node;
    private final Function<GroupId, Optional<GroupKey>> groupKeys;

    /// @param groupKeys the keys of groups that this node knows
    NoticeCodec(Function<GroupId, Optional<GroupKey>> groupKeys) {
        this.groupKeys = groupKeys;
        var random = new byte[NODE_BYTES];
        new SecureRandom().nextBytes(random);
        node = ByteString.copyFrom(random);
    }

    /// A notice from another node.
    sealed interface DecodedNotice {
        record AppendNotice(LogNotice.EntriesAppended notice, GroupTail tail)
                implements DecodedNotice {}

        /// The entries are too large for a notice, or this node lacks the key to open them.
        record TailNotice(GroupTail tail) implements DecodedNotice {}

        record Relayed(LogNotice.EphemeralMessage ephemeral) implements DecodedNotice {}

        /// The group does not exist any more.
        record Deleted() implements DecodedNotice {}
    }

    byte[] appended(GroupTail tail, List<StoredEntry> entries) {
        var appended =
                GroupNews.Appended.newBuilder()
                        .setLogPosition(ByteString.copyFrom(MetaCodec.logPosition(tail.last())))
                        .setEpoch(tail.epoch())
                        .setFirstRetained(tail.firstRetained());
        long bytes = 0;
        for (var entry : entries) {
            bytes += entry.getSerializedSize();
        }
        if (bytes <= ENTRIES_BYTES_MAX) {
            appended.addAllEntries(entries);
        }
        return GroupNews.newBuilder().setNode(node).setAppended(appended).build().toByteArray();
    }

    byte[] relayed(LogNotice.EphemeralMessage ephemeral) {
        return GroupNews.newBuilder()
                .setNode(node)
                .setEphemeral(
                        GroupNews.Ephemeral.newBuilder()
                                .setEpoch(ephemeral.epoch())
                                .setAcceptedAtMillis(ephemeral.acceptedAtMillis())
                                .setMessage(ephemeral.message().asByteString())
                                .setDecidedAt(ephemeral.decidedAt()))
                .build()
                .toByteArray();
    }

    byte[] deleted() {
        return GroupNews.newBuilder()
                .setNode(node)
                .setDeleted(GroupNews.Deleted.getDefaultInstance())
                .build()
                .toByteArray();
    }

    /// @return empty for a notice of this node, or one that cannot be decoded
    Optional<DecodedNotice> decode(GroupId group, byte[] message) {
        try {
            var notice = GroupNews.parseFrom(message);
            if (notice.getNode().equals(node)) {
                return Optional.empty();
            }
            return switch (notice.getNoticeCase()) {
                case APPENDED -> Optional.of(appended(group, notice.getAppended()));
                case EPHEMERAL -> Optional.of(relayed(group, notice.getEphemeral()));
                case DELETED -> Optional.of(new DecodedNotice.Deleted());
                // A notice of a newer release. The timer finds the change.
                case NOTICE_NOT_SET -> Optional.empty();
            };
        } catch (InvalidProtocolBufferException | IllegalStateException e) {
            LOG.warn("a notice about group {} cannot be read: {}", group, e.toString());
            return Optional.empty();
        }
    }

    private DecodedNotice appended(GroupId group, GroupNews.Appended notice) {
        var logPosition = MetaCodec.logPosition(Bytes.of(notice.getLogPosition()));
        var tail = new GroupTail(logPosition, notice.getEpoch(), notice.getFirstRetained());
        int count = notice.getEntriesCount();
        if (count == 0) {
            return new DecodedNotice.TailNotice(tail);
        }
        var reader = new EntryReader("notice", groupKeys.apply(group), logPosition.incarnation());
        var entries = new ArrayList<LogEntry>(count);
        try {
            for (int i = 0; i < count; i++) {
                long position = logPosition.position() - count + 1 + i;
                entries.add(reader.read(position, notice.getEntries(i)));
            }
        } catch (BrokenSealException e) {
            LOG.debug("a notice about group {} cannot be opened: {}", group, e.toString());
            return new DecodedNotice.TailNotice(tail);
        }
        return new DecodedNotice.AppendNotice(new LogNotice.EntriesAppended(group, entries), tail);
    }

    private static DecodedNotice relayed(GroupId group, GroupNews.Ephemeral notice) {
        return new DecodedNotice.Relayed(
                new LogNotice.EphemeralMessage(
                        group,
                        notice.getEpoch(),
                        notice.getAcceptedAtMillis(),
                        Bytes.of(notice.getMessage()),
                        notice.getDecidedAt()));
    }
}
