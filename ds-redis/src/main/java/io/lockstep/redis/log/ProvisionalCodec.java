package io.lockstep.redis.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.log.MemberId;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.proto.StoredProvisionalCommit;
import io.lockstep.redis.proto.StoredProvisionalCommits;
import io.lockstep.wire.Bytes;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Encodes the provisional commits of a group for a field of its meta hash. No bytes mean none.
final class ProvisionalCodec {
    private ProvisionalCodec() {}

    static byte[] encode(ProvisionalCommits provisional) {
        var stored =
                StoredProvisionalCommits.newBuilder()
                        .setVoidedEpochMax(provisional.voidedEpochMax())
                        .setMembers(provisional.members());
        provisional.commits().forEach(commit -> stored.addCommits(encode(commit)));
        return stored.build().toByteArray();
    }

    private static StoredProvisionalCommit encode(ProvisionalCommit commit) {
        var stored =
                StoredProvisionalCommit.newBuilder()
                        .setPosition(commit.position())
                        .setEpoch(commit.epoch())
                        .setAcceptedAtMillis(commit.acceptedAtMillis())
                        .setAuthor(commit.author().bytes().asByteString())
                        .setAlone(commit.alone())
                        .setAdded(ByteString.copyFrom(EntryCodec.added(commit.change())))
                        .setRemoved(
                                ByteString.copyFrom(EntryCodec.members(commit.change().removed())))
                        .addAllProposals(commit.proposals());
        commit.left().forEach(member -> stored.addLeft(member.bytes().asByteString()));
        commit.rejectedBy().forEach(by -> stored.addRejectedBy(by.bytes().asByteString()));
        return stored.build();
    }

    static ProvisionalCommits decode(Bytes value) {
        if (value.isEmpty()) {
            return ProvisionalCommits.NONE;
        }
        try {
            var stored = StoredProvisionalCommits.parseFrom(value.asByteString());
            return new ProvisionalCommits(
                    stored.getCommitsList().stream().map(ProvisionalCodec::decode).toList(),
                    stored.getVoidedEpochMax(),
                    stored.getMembers());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the provisional commits cannot be read", e);
        }
    }

    private static ProvisionalCommit decode(StoredProvisionalCommit stored) {
        return new ProvisionalCommit(
                stored.getPosition(),
                stored.getEpoch(),
                stored.getAcceptedAtMillis(),
                new MemberId(Bytes.of(stored.getAuthor())),
                stored.getAlone(),
                new RosterDelta(
                        EntryCodec.owners(Bytes.of(stored.getAdded())),
                        EntryCodec.members(Bytes.of(stored.getRemoved()))),
                stored.getProposalsList(),
                members(stored.getRejectedByList()),
                members(stored.getLeftList()));
    }

    private static Set<MemberId> members(List<ByteString> ids) {
        return ids.stream().map(id -> new MemberId(Bytes.of(id))).collect(Collectors.toSet());
    }
}
