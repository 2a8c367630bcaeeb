package io.lockstep.redis.directory;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.auth.ClientId;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.Features;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxWelcome;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.log.BlobReference;
import io.lockstep.log.LogPosition;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.redis.proto.FiledMail;
import io.lockstep.redis.proto.OfferedFeatures;
import io.lockstep.redis.proto.ShelvedKeyPackage;
import io.lockstep.redis.proto.StoredClaimPolicy;
import io.lockstep.redis.proto.StoredReference;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeSet;

/// Encodes and seals the values of the directory in Redis. Each kind of value has its own purpose.
public final class SealedValueCodec {

    private final ValueSealer sealing;

    public SealedValueCodec(ValueSealer sealing) {
        this.sealing = sealing;
    }

    /// Seals the name of a client, a user or a device.
    public byte[] seal(String name) {
        return sealing.seal(SealPurpose.CLIENT_NAME, name.getBytes(StandardCharsets.US_ASCII));
    }

    public String openName(byte[] sealed) {
        return new String(sealing.open(SealPurpose.CLIENT_NAME, sealed), StandardCharsets.US_ASCII);
    }

    public byte[] seal(StoredKeyPackage keyPackage, long expiresMillis) {
        var value =
                ShelvedKeyPackage.newBuilder()
                        .setRef(keyPackage.ref().asByteString())
                        .setVersion(keyPackage.kind().version())
                        .setSuite(keyPackage.kind().suite())
                        .setLastResort(keyPackage.lastResort())
                        .setExpiresMillis(expiresMillis)
                        .setMessage(keyPackage.message().asByteString())
                        .build();
        return sealing.seal(SealPurpose.KEY_PACKAGE, value.toByteArray());
    }

    StoredKeyPackage openKeyPackage(ClientId owner, byte[] sealed) {
        try {
            var value = ShelvedKeyPackage.parseFrom(sealing.open(SealPurpose.KEY_PACKAGE, sealed));
            return new StoredKeyPackage(
                    owner,
                    Bytes.of(value.getRef()),
                    new KeyPackageKind(value.getVersion(), value.getSuite()),
                    value.getLastResort(),
                    Instant.ofEpochMilli(value.getExpiresMillis()),
                    Bytes.of(value.getMessage()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a stored KeyPackage cannot be read", e);
        }
    }

    /// The canonical encoding of features. Features are compared by a keyed hash of it.
    static byte[] encode(Features features) {
        return OfferedFeatures.newBuilder()
                .addAllExtensions(features.extensions())
                .addAllProposals(features.proposals())
                .addAllCredentials(features.credentials())
                .build()
                .toByteArray();
    }

    byte[] sealFeatures(byte[] encoded) {
        return sealing.seal(SealPurpose.FEATURES, encoded);
    }

    Features openFeatures(byte[] sealed) {
        try {
            var offered = OfferedFeatures.parseFrom(sealing.open(SealPurpose.FEATURES, sealed));
            return new Features(
                    new TreeSet<>(offered.getExtensionsList()),
                    new TreeSet<>(offered.getProposalsList()),
                    new TreeSet<>(offered.getCredentialsList()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("stored features cannot be read", e);
        }
    }

    public byte[] seal(ClaimPolicy policy) {
        var stored =
                StoredClaimPolicy.newBuilder()
                        .setAllow(policy.allow().name())
                        .addAllUsers(policy.users())
                        .build();
        return sealing.seal(SealPurpose.CLAIM_POLICY, stored.toByteArray());
    }

    ClaimPolicy openClaimPolicy(byte[] sealed) {
        try {
            var stored =
                    StoredClaimPolicy.parseFrom(sealing.open(SealPurpose.CLAIM_POLICY, sealed));
            return new ClaimPolicy(
                    ClaimPolicy.Allow.valueOf(stored.getAllow()),
                    new TreeSet<>(stored.getUsersList()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a stored claim policy cannot be read", e);
        }
    }

    public byte[] seal(InboxItem item) {
        var filed =
                FiledMail.newBuilder()
                        .setGroup(item.group().bytes().asByteString())
                        .setIncarnation(item.logPosition().incarnation().asByteString())
                        .setPosition(item.logPosition().position())
                        .setHead(item.logPosition().head().asByteString())
                        .setEpoch(item.epoch())
                        .setKeyPackageRef(item.keyPackageRef().asByteString());
        switch (item.welcome()) {
            case InboxWelcome.WholeWelcome(var message) -> filed.setWelcome(message.asByteString());
            case InboxWelcome.SplitWelcome(var suite, var secrets, var shared) ->
                    filed.setCipherSuite(suite)
                            .setSecrets(secrets.asByteString())
                            .setEncryptedGroupInfo(reference(shared));
        }
        item.ratchetTree().map(SealedValueCodec::reference).ifPresent(filed::setRatchetTree);
        return sealing.seal(SealPurpose.MAIL, filed.build().toByteArray());
    }

    InboxItem openMail(Bytes id, byte[] sealed) {
        try {
            var filed = FiledMail.parseFrom(sealing.open(SealPurpose.MAIL, sealed));
            return new InboxItem(
                    id,
                    new GroupId(Bytes.of(filed.getGroup())),
                    new LogPosition(
                            Bytes.of(filed.getIncarnation()),
                            filed.getPosition(),
                            Bytes.of(filed.getHead())),
                    filed.getEpoch(),
                    Bytes.of(filed.getKeyPackageRef()),
                    welcome(filed),
                    filed.hasRatchetTree()
                            ? Optional.of(reference(filed.getRatchetTree()))
                            : Optional.empty());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a stored inbox item cannot be read", e);
        }
    }

    private static InboxWelcome welcome(FiledMail filed) {
        return filed.hasEncryptedGroupInfo()
                ? new InboxWelcome.SplitWelcome(
                        filed.getCipherSuite(),
                        Bytes.of(filed.getSecrets()),
                        reference(filed.getEncryptedGroupInfo()))
                : new InboxWelcome.WholeWelcome(Bytes.of(filed.getWelcome()));
    }

    private static StoredReference reference(BlobReference apart) {
        return StoredReference.newBuilder()
                .setSha256(apart.sha256().asByteString())
                .setSize(apart.size())
                .build();
    }

    private static BlobReference reference(StoredReference stored) {
        return new BlobReference(Bytes.of(stored.getSha256()), stored.getSize());
    }
}
