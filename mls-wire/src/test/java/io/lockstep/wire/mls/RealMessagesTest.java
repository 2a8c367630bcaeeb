package io.lockstep.wire.mls;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.SharedFolder;
import io.lockstep.wire.mls.Credential.BasicCredential;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// Messages created by Bouncy Castle, core-crypto and ts-mls.
final class RealMessagesTest {
    private static final GroupId ROOM =
            new GroupId(Bytes.wrap("room-000042".getBytes(StandardCharsets.US_ASCII)));

    @Test
    void commitsShowTheEpochTheyEnd() throws MalformedMessageException {
        assertThat(read("commit-add2-public-bcmls"))
                .isEqualTo(
                        new PublicMessage(
                                ROOM,
                                0,
                                ContentType.COMMIT,
                                SenderType.MEMBER,
                                OptionalLong.of(0)));
        assertThat(read("commit-update-private-bcmls"))
                .isEqualTo(new PrivateMessage(ROOM, 2, ContentType.COMMIT));
        assertThat(read("commit-update-public-core-crypto"))
                .isEqualTo(
                        new PublicMessage(
                                ROOM,
                                1,
                                ContentType.COMMIT,
                                SenderType.MEMBER,
                                OptionalLong.of(1)));
        assertThat(read("commit-external-core-crypto"))
                .isEqualTo(
                        new PublicMessage(
                                ROOM,
                                2,
                                ContentType.COMMIT,
                                SenderType.NEW_MEMBER_COMMIT,
                                OptionalLong.empty()));
    }

    @Test
    void proposalsFromOutsideTheGroupShowTheirSenderType() throws MalformedMessageException {
        assertThat(read("public-proposal-external-sender"))
                .isEqualTo(
                        new PublicMessage(
                                ROOM,
                                1,
                                ContentType.PROPOSAL,
                                SenderType.EXTERNAL,
                                OptionalLong.of(0)));
        assertThat(read("public-proposal-new-member"))
                .isEqualTo(
                        new PublicMessage(
                                ROOM,
                                1,
                                ContentType.PROPOSAL,
                                SenderType.NEW_MEMBER_PROPOSAL,
                                OptionalLong.empty()));
    }

    @Test
    void applicationMessagesArePrivate() throws MalformedMessageException {
        assertThat(read("private-application-core-crypto"))
                .isEqualTo(new PrivateMessage(ROOM, 1, ContentType.APPLICATION));
        assertThat(read("private-application-ts-mls"))
                .isEqualTo(new PrivateMessage(ROOM, 1, ContentType.APPLICATION));
    }

    @Test
    void aGroupInfoNamesItsGroupAndEpoch() throws MalformedMessageException {
        var groupInfo = (GroupInfo) read("groupinfo-bcmls");
        assertThat(groupInfo.groupId()).isEqualTo(ROOM);
        assertThat(groupInfo.epoch()).isEqualTo(1);
        assertThat(groupInfo.cipherSuite()).isEqualTo(1);
        assertThat(groupInfo.hasExternalPub()).isTrue();
        assertThat(groupInfo.hasRatchetTree()).isTrue();
    }

    @Test
    void keyPackagesOfTwoLibrariesAreRead() throws MalformedMessageException {
        for (var name : new String[] {"keypackage-core-crypto", "keypackage-ts-mls"}) {
            var sample = SharedFolder.sample(name);
            var keyPackage = (KeyPackage) MlsMessageReader.read(sample);
            assertThat(keyPackage.version()).isEqualTo(1);
            assertThat(keyPackage.cipherSuite()).isEqualTo(1);
            assertThat(keyPackage.initKey().size()).isEqualTo(32);
            assertThat(keyPackage.encryptionKey().size()).isEqualTo(32);
            assertThat(keyPackage.signatureKey().size()).isEqualTo(32);
            assertThat(keyPackage.initKey()).isNotEqualTo(keyPackage.encryptionKey());
            assertThat(keyPackage.credential()).isInstanceOf(BasicCredential.class);
            assertThat(keyPackage.leafNodeSource()).isEqualTo(LeafNodeSource.KEY_PACKAGE);
            assertThat(keyPackage.capabilities().cipherSuites()).contains(1);
            assertThat(Long.compareUnsigned(keyPackage.notBefore(), keyPackage.notAfter()))
                    .isNegative();
            assertThat(keyPackage.message()).isEqualTo(sample);
            assertThat(keyPackage.bare()).isEqualTo(sample.slice(4, sample.size() - 4));
            assertThat(MlsMessageReader.readKeyPackages(keyPackage.bare(), 1))
                    .containsExactly(keyPackage);
        }
    }

    private static MlsMessage read(String name) throws MalformedMessageException {
        return MlsMessageReader.read(SharedFolder.sample(name));
    }
}
