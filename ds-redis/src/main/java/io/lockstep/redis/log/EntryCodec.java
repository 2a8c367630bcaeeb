package io.lockstep.redis.log;

import com.google.protobuf.ByteString;
import io.lockstep.log.BlobReference;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogLimits;
import io.lockstep.log.MemberId;
import io.lockstep.log.PartContent;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.redis.proto.StoredNames;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Encodes log entries. The position is the stream id, everything else a [StoredEntry], which
/// [EntrySealer] seals.
final class EntryCodec {
    private static final int PAIR_BYTES = MemberId.BYTES + UserPseudonym.BYTES;

    private EntryCodec() {}

    static StoredEntry encode(LogEntry entry) {
        var stored =
                StoredEntry.newBuilder()
                        .setMessage(entry.message().asByteString())
                        .addAllVoidedProposals(entry.voidedProposals())
                        .setKind(entry.kind().number())
                        .setEpoch(entry.epoch())
                        .setAcceptedAtMillis(entry.acceptedAtMillis())
                        .setSha256(entry.sha256().asByteString())
                        .setHead(entry.head().asByteString())
                        .setWithoutGroupInfo(entry.withoutGroupInfo());
        if (entry.content() instanceof BlobReference apart) {
            stored.setApartBytes(apart.size());
        }
        entry.author().ifPresent(author -> stored.setAuthor(author.bytes().asByteString()));
        stored.setConfirms(entry.confirms());
        var change = entry.rosterChange();
        if (!change.isEmpty()) {
            if (change.size() > LogLimits.BATCH_NAMES_MAX) {
                stored.setAddedApart(change.added().size());
            } else {
                stored.setAdded(ByteString.copyFrom(added(change)));
            }
            stored.setRemoved(ByteString.copyFrom(members(change.removed())));
            stored.setRestored(ByteString.copyFrom(members(change.restored())));
            stored.setRestoredSince(change.restoredSince());
        }
        entry.names().map(EntryCodec::names).ifPresent(stored::setNames);
        return stored.build();
    }

    static LogEntry decode(long position, StoredEntry stored) {
        var sha256 = Bytes.of(stored.getSha256());
        var content =
                stored.getApartBytes() > 0
                        ? new BlobReference(sha256, stored.getApartBytes())
                        : new PartContent.Inline(Bytes.of(stored.getMessage()));
        return new LogEntry(
                position,
                EntryKind.of(stored.getKind()),
                stored.getEpoch(),
                stored.getAcceptedAtMillis(),
                content,
                sha256,
                Bytes.of(stored.getHead()),
                rosterChange(stored),
                stored.getVoidedProposalsList(),
                stored.getAuthor().isEmpty()
                        ? Optional.empty()
                        : Optional.of(new MemberId(Bytes.of(stored.getAuthor()))),
                stored.getConfirms(),
                stored.getWithoutGroupInfo(),
                stored.hasNames() ? names(stored.getNames()) : Optional.empty());
    }

    private static StoredNames names(PartContent names) {
        return switch (names) {
            case PartContent.Inline(var bytes) ->
                    StoredNames.newBuilder().setInline(bytes.asByteString()).build();
            case BlobReference apart ->
                    StoredNames.newBuilder().setApart(BundleCodec.reference(apart)).build();
        };
    }

    private static Optional<PartContent> names(StoredNames stored) {
        return switch (stored.getRosterChangeCase()) {
            case INLINE -> Optional.of(new PartContent.Inline(Bytes.of(stored.getInline())));
            case APART -> Optional.of(BundleCodec.reference(stored.getApart()));
            case ROSTERCHANGE_NOT_SET -> Optional.empty();
        };
    }

    /// Each member, followed by its owner.
    static byte[] added(RosterDelta change) {
        var bytes = new byte[change.added().size() * PAIR_BYTES];
        int at = 0;
        for (var pair : change.added().entrySet()) {
            put(pair.getKey().bytes(), bytes, at);
            put(pair.getValue().bytes(), bytes, at + MemberId.BYTES);
            at += PAIR_BYTES;
        }
        return bytes;
    }

    /// The members, one after the other.
    static byte[] members(Set<MemberId> members) {
        var bytes = new byte[members.size() * MemberId.BYTES];
        int at = 0;
        for (var member : members) {
            put(member.bytes(), bytes, at);
            at += MemberId.BYTES;
        }
        return bytes;
    }

    private static void put(Bytes bytes, byte[] target, int at) {
        System.arraycopy(bytes.toArray(), 0, target, at, bytes.size());
    }

    private static RosterDelta rosterChange(StoredEntry stored) {
        var added = Bytes.of(stored.getAdded());
        var removed = Bytes.of(stored.getRemoved());
        if (stored.getRestoredSince() > 0) {
            return RosterDelta.undoing(
                    members(removed),
                    members(Bytes.of(stored.getRestored())),
                    stored.getRestoredSince());
        }
        return added.isEmpty() && removed.isEmpty() && stored.getAddedApart() == 0
                ? RosterDelta.NONE
                : new RosterDelta(owners(added), members(removed), stored.getAddedApart());
    }

    static Map<MemberId, UserPseudonym> owners(Bytes added) {
        var owners = new HashMap<MemberId, UserPseudonym>();
        for (int at = 0; at < added.size(); at += PAIR_BYTES) {
            owners.put(
                    new MemberId(added.slice(at, MemberId.BYTES)),
                    new UserPseudonym(added.slice(at + MemberId.BYTES, UserPseudonym.BYTES)));
        }
        return owners;
    }

    static Set<MemberId> members(Bytes packed) {
        var members = new HashSet<MemberId>();
        for (int at = 0; at < packed.size(); at += MemberId.BYTES) {
            members.add(new MemberId(packed.slice(at, MemberId.BYTES)));
        }
        return members;
    }
}
