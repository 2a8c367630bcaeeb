package io.lockstep.fanout.tail;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.log.BlobReference;
import io.lockstep.log.ControlEvent;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.PartContent;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.DeliveryEncoder;
import io.lockstep.wire.frame.DeliveryKinds;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.Reference;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/// Encodes log entries as delivery frames.
public final class DeliveryFrames {
    /// The position in the frame of an ephemeral message, which has none.
    private static final long EPHEMERAL = 0;

    private DeliveryFrames() {}

    /// @return released by the caller
    static ByteBuf encode(
            FrameFormat format, ByteBufAllocator allocator, GroupId group, LogEntry entry) {
        return switch (entry.content()) {
            case PartContent.Inline(var message) when isPlain(entry) ->
                    DeliveryEncoder.encode(
                            format,
                            allocator,
                            group,
                            entry.position(),
                            DeliveryKinds.kind(entry.kind()),
                            entry.epoch(),
                            entry.acceptedAtMillis(),
                            message);
            case PartContent.Inline _, BlobReference _ ->
                    FrameCodec.encode(
                            format,
                            ServerFrame.newBuilder().setDelivery(delivery(group, entry)).build(),
                            allocator);
        };
    }

    /// Whether the delivery has no other fields than those of [DeliveryEncoder].
    private static boolean isPlain(LogEntry entry) {
        return entry.voidedProposals().isEmpty()
                && entry.kind() != EntryKind.CONTROL
                && !entry.isProvisional()
                && entry.confirms() == 0
                && !entry.withoutGroupInfo()
                && entry.names().isEmpty();
    }

    /// The delivery of an entry, as a value.
    public static Delivery delivery(GroupId group, LogEntry entry) {
        var delivery =
                Delivery.newBuilder()
                        .setGroupId(group.bytes().asByteString())
                        .setPosition(entry.position())
                        .setKind(DeliveryKinds.kind(entry.kind()))
                        .setEpoch(entry.epoch())
                        .setAcceptedAtMillis(entry.acceptedAtMillis())
                        .addAllVoidedProposals(entry.voidedProposals())
                        .setProvisional(entry.isProvisional())
                        .setConfirms(entry.confirms())
                        .setWithoutGroupInfo(entry.withoutGroupInfo());
        if (entry.kind() == EntryKind.CONTROL) {
            delivery.setControl(ControlEvent.parse(entry.message()));
        }
        entry.names()
                .ifPresent(names -> {
                    switch (names) {
                        case PartContent.Inline(var change) ->
                                delivery.setRosterChange(rosterChange(change));
                        case BlobReference apart ->
                                delivery.setRosterChangeReference(reference(apart));
                    }
                });
        return switch (entry.content()) {
            case PartContent.Inline(var message) ->
                    delivery.setMessage(message.asByteString()).build();
            case BlobReference apart -> delivery.setReference(reference(apart)).build();
        };
    }

    private static Reference reference(BlobReference apart) {
        return Reference.newBuilder()
                .setSha256(apart.sha256().asByteString())
                .setSize(apart.size())
                .build();
    }

    private static RosterChange rosterChange(Bytes serialized) {
        try {
            return RosterChange.parseFrom(serialized.asByteString());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the names of a commit cannot be read", e);
        }
    }

    /// @return released by the caller
    static ByteBuf encode(
            FrameFormat format, ByteBufAllocator allocator, LogNotice.EphemeralMessage ephemeral) {
        return DeliveryEncoder.encode(
                format,
                allocator,
                ephemeral.group(),
                EPHEMERAL,
                Kind.KIND_APPLICATION,
                ephemeral.epoch(),
                ephemeral.acceptedAtMillis(),
                ephemeral.message());
    }

    /// Joins entries that were read from the log, in as few buffers as possible.
    ///
    /// @param entries one or more
    /// @return with one reference each, which the caller releases
    static List<JoinedDeliveries> join(
            FrameFormat format,
            ByteBufAllocator allocator,
            GroupId group,
            List<LogEntry> entries,
            int bytesMax) {
        var frames = new ArrayList<ByteBuf>(entries.size());
        var joined = new ArrayList<JoinedDeliveries>(1);
        try {
            int begin = 0;
            int bytes = 0;
            for (var entry : entries) {
                var frame = encode(format, allocator, group, entry);
                frames.add(frame);
                bytes += frame.readableBytes();
                int end = frames.size() - 1;
                if (bytes > bytesMax && end > begin) {
                    joined.add(join(allocator, entries, frames, begin, end));
                    begin = end;
                    bytes = frame.readableBytes();
                }
            }
            joined.add(join(allocator, entries, frames, begin, frames.size()));
            return joined;
        } catch (Throwable e) {
            joined.forEach(JoinedDeliveries::release);
            throw e;
        } finally {
            frames.forEach(ByteBuf::release);
        }
    }

    private static JoinedDeliveries join(
            ByteBufAllocator allocator,
            List<LogEntry> entries,
            List<ByteBuf> frames,
            int begin,
            int end) {
        return JoinedDeliveries.join(
                allocator, entries.subList(begin, end), frames.subList(begin, end));
    }
}
