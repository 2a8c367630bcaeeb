package io.lockstep.wire.mls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.SharedFolder;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The test vectors of the MLS working group (mlswg/mls-implementations).
final class WorkingGroupVectorsTest {
    @Test
    void everyMessageIsReadAsItsKind() throws MalformedMessageException {
        var cases = SharedFolder.vectors("messages");
        for (var vector : cases) {
            assertThat(read(vector, "mls_welcome")).isInstanceOf(Welcome.class);
            assertThat(read(vector, "mls_group_info")).isInstanceOf(GroupInfo.class);
            assertThat(read(vector, "mls_key_package")).isInstanceOf(KeyPackage.class);
            assertThat(read(vector, "public_message_proposal"))
                    .asInstanceOf(
                            org.assertj.core.api.InstanceOfAssertFactories.type(
                                    PublicMessage.class))
                    .returns(ContentType.PROPOSAL, PublicMessage::contentType);
            assertThat(read(vector, "public_message_commit"))
                    .asInstanceOf(
                            org.assertj.core.api.InstanceOfAssertFactories.type(
                                    PublicMessage.class))
                    .returns(ContentType.COMMIT, PublicMessage::contentType);
            assertThat(read(vector, "private_message")).isInstanceOf(PrivateMessage.class);
        }
        assertThat(cases).isNotEmpty();
    }

    // PROTOCOL R-STRICT-2
    @Test
    @DisplayName("§6: application content in a PublicMessage is malformed")
    void publicApplicationContent() {
        for (var vector : SharedFolder.vectors("messages")) {
            assertThatExceptionOfType(MalformedMessageException.class)
                    .isThrownBy(() -> read(vector, "public_message_application"))
                    .withMessageContaining("content 1");
        }
    }

    @Test
    void everyProposalAndCommitOfTheVectorsIsReadToItsEnd() throws MalformedEncodingException {
        for (var vector : SharedFolder.vectors("messages")) {
            proposal(1, vector, "add_proposal");
            proposal(2, vector, "update_proposal");
            proposal(3, vector, "remove_proposal");
            proposal(4, vector, "pre_shared_key_proposal");
            proposal(5, vector, "re_init_proposal");
            proposal(6, vector, "external_init_proposal");
            proposal(7, vector, "group_context_extensions_proposal");
            var in = new TlsReader(bytes(vector, "commit").asByteBuf());
            assertThat(MlsGrammar.commit(in, null)).isTrue();
            in.finish();
        }
        for (var vector : SharedFolder.vectors("tree-operations")) {
            var in = new TlsReader(bytes(vector, "proposal").asByteBuf());
            assertThat(MlsGrammar.proposal(in, null)).isTrue();
            in.finish();
        }
    }

    private static void proposal(int type, JsonNode vector, String name)
            throws MalformedEncodingException {
        var buffer = Unpooled.buffer().writeShort(type);
        bytes(vector, name).writeTo(buffer);
        var in = new TlsReader(buffer);
        assertThat(MlsGrammar.proposal(in, null)).as(name).isTrue();
        in.finish();
    }

    @Test
    @DisplayName("§5.2: each joiner finds its KeyPackageRef in the Welcome, in every suite")
    void keyPackageRefs() throws MalformedMessageException {
        int found = 0;
        for (var file : new String[] {"welcome", "passive-client-welcome"}) {
            for (var vector : SharedFolder.vectors(file)) {
                var keyPackage = (KeyPackage) read(vector, "key_package");
                var welcome = (Welcome) read(vector, "welcome");
                assertThat(keyPackage.cipherSuite()).isEqualTo(vector.get("cipher_suite").asInt());
                assertThat(welcome.cipherSuite()).isEqualTo(keyPackage.cipherSuite());
                assertThat(welcome.keyPackageRefs()).contains(keyPackage.ref());
                assertThat(keyPackage.message()).isEqualTo(bytes(vector, "key_package"));
                found++;
            }
        }
        assertThat(found).isEqualTo(63);
    }

    @Test
    @DisplayName("§5.2: RefHash, in every suite")
    void referenceHashes() {
        for (var vector : SharedFolder.vectors("crypto-basics")) {
            var made = vector.get("ref_hash");
            var digest = CipherSuites.newDigest(vector.get("cipher_suite").asInt());
            var label =
                    Bytes.wrap(
                            made.get("label")
                                    .asString()
                                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            CipherSuites.updateRefHash(digest, label, bytes(made, "value"));
            assertThat(Bytes.wrap(digest.digest())).isEqualTo(bytes(made, "out"));
        }
    }

    @Test
    void protectedMessagesShowGroupEpochAndContentInBothFramings()
            throws MalformedMessageException {
        for (var vector : SharedFolder.vectors("message-protection")) {
            assertHeader(vector, "proposal_pub", ContentType.PROPOSAL);
            assertHeader(vector, "proposal_priv", ContentType.PROPOSAL);
            assertHeader(vector, "commit_pub", ContentType.COMMIT);
            assertHeader(vector, "commit_priv", ContentType.COMMIT);
            assertHeader(vector, "application_priv", ContentType.APPLICATION);
        }
    }

    private static void assertHeader(JsonNode vector, String name, ContentType contentType)
            throws MalformedMessageException {
        var header = GroupMessageHeader.read(bytes(vector, name).asByteBuf());
        assertThat(header.isPublic()).isEqualTo(name.endsWith("_pub"));
        assertThat(header.groupId().bytes()).isEqualTo(bytes(vector, "group_id"));
        assertThat(header.epoch()).isEqualTo(vector.get("epoch").asLong());
        assertThat(header.contentType()).isEqualTo(contentType);
        assertThat(header.isContentRead()).isTrue();
        assertThat(header.toMessage()).isEqualTo(read(vector, name));
    }

    @Test
    void everyMessageOfTheVectorsIsDescribedWithoutAGap() throws MalformedMessageException {
        for (var vector : SharedFolder.vectors("messages")) {
            for (var name :
                    new String[] {
                        "mls_welcome",
                        "mls_group_info",
                        "mls_key_package",
                        "public_message_proposal",
                        "public_message_commit",
                        "private_message"
                    }) {
                MlsDescriberTest.assertNoGap(bytes(vector, name));
            }
        }
    }

    private static MlsMessage read(JsonNode vector, String name) throws MalformedMessageException {
        return MlsMessageReader.read(bytes(vector, name));
    }

    private static Bytes bytes(JsonNode vector, String name) {
        return Bytes.ofHex(vector.get(name).asString());
    }
}
