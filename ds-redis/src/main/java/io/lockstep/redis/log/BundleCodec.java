package io.lockstep.redis.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.log.BlobReference;
import io.lockstep.log.LogPosition;
import io.lockstep.log.PartContent;
import io.lockstep.log.PendingWelcome;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.redis.proto.StoredInfo;
import io.lockstep.redis.proto.StoredReference;
import io.lockstep.redis.proto.StoredWelcome;
import io.lockstep.wire.Bytes;
import java.util.Optional;

/// Converts GroupInfos and pending Welcomes to and from their sealed Redis values. A part may be a
/// reference to a blob.
final class BundleCodec {
    private static final byte[] EMPTY = {};

    private final ValueSealer sealing;

    BundleCodec(ValueSealer sealing) {
        this.sealing = sealing;
    }

    /// The value of the GroupInfo's key. Empty for none.
    byte[] sealInfo(Optional<StoredGroupInfo> groupInfo) {
        return groupInfo.map(this::sealInfo).orElse(EMPTY);
    }

    private byte[] sealInfo(StoredGroupInfo groupInfo) {
        var info = StoredInfo.newBuilder().setEpoch(groupInfo.epoch());
        switch (groupInfo.content()) {
            case PartContent.Inline(var bytes) -> info.setMessage(bytes.asByteString());
            case BlobReference apart -> info.setMessageReference(reference(apart));
        }
        groupInfo.ratchetTree().map(BundleCodec::reference).ifPresent(info::setRatchetTree);
        return sealing.seal(SealPurpose.GROUP_INFO, info.build().toByteArray());
    }

    StoredGroupInfo openInfo(byte[] sealed) {
        try {
            var info = StoredInfo.parseFrom(sealing.open(SealPurpose.GROUP_INFO, sealed));
            return new StoredGroupInfo(
                    info.getEpoch(),
                    info.hasMessageReference()
                            ? reference(info.getMessageReference())
                            : new PartContent.Inline(Bytes.of(info.getMessage())),
                    info.hasRatchetTree()
                            ? Optional.of(reference(info.getRatchetTree()))
                            : Optional.empty());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a stored GroupInfo cannot be read", e);
        }
    }

    byte[] sealWelcome(PendingWelcome pending) {
        var welcome =
                StoredWelcome.newBuilder()
                        .setIncarnation(pending.logPosition().incarnation().asByteString())
                        .setHead(pending.logPosition().head().asByteString())
                        .setEpoch(pending.epoch())
                        .setSender(pending.sender().asByteString());
        switch (pending.welcome()) {
            case PartContent.Inline(var bytes) -> welcome.setWelcome(bytes.asByteString());
            case BlobReference apart -> welcome.setWelcomeReference(reference(apart));
        }
        pending.ratchetTree().map(BundleCodec::reference).ifPresent(welcome::setRatchetTree);
        return sealing.seal(SealPurpose.WELCOME, welcome.build().toByteArray());
    }

    PendingWelcome openWelcome(long position, byte[] sealed) {
        try {
            var welcome = StoredWelcome.parseFrom(sealing.open(SealPurpose.WELCOME, sealed));
            var logPosition =
                    new LogPosition(
                            Bytes.of(welcome.getIncarnation()),
                            position,
                            Bytes.of(welcome.getHead()));
            return new PendingWelcome(
                    logPosition,
                    welcome.getEpoch(),
                    welcome.hasWelcomeReference()
                            ? reference(welcome.getWelcomeReference())
                            : new PartContent.Inline(Bytes.of(welcome.getWelcome())),
                    welcome.hasRatchetTree()
                            ? Optional.of(reference(welcome.getRatchetTree()))
                            : Optional.empty(),
                    Bytes.of(welcome.getSender()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a stored Welcome cannot be read", e);
        }
    }

    static StoredReference reference(BlobReference apart) {
        return StoredReference.newBuilder()
                .setSha256(apart.sha256().asByteString())
                .setSize(apart.size())
                .build();
    }

    static BlobReference reference(StoredReference stored) {
        return new BlobReference(Bytes.of(stored.getSha256()), stored.getSize());
    }
}
