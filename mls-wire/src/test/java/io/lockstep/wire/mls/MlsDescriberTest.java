package io.lockstep.wire.mls;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.SharedFolder;
import org.junit.jupiter.api.Test;

final class MlsDescriberTest {
    @Test
    void fieldsFollowEachOtherFromTheFirstByteToTheLast() throws MalformedMessageException {
        for (var message : MessageGenerator.all(7).values()) {
            assertNoGap(message);
        }
    }

    @Test
    void realMessagesAreDescribedWithoutAGap() throws MalformedMessageException {
        for (var sample : SharedFolder.samples().values()) {
            assertNoGap(sample);
        }
    }

    static void assertNoGap(Bytes message) throws MalformedMessageException {
        int at = 0;
        for (var field : MlsDescriber.describe(message)) {
            assertThat(field.offset()).as(field.toString()).isEqualTo(at);
            assertThat(field.name()).isNotEmpty();
            assertThat(field.value()).isNotEmpty();
            at += field.length();
        }
        assertThat(at).isEqualTo(message.size());
    }

    @Test
    void aPrivateMessageShowsItsHeaderAndHidesTheRest() throws MalformedMessageException {
        var message =
                Bytes.ofHex(
                        "00010002"
                                + "04726f6f6d"
                                + "0000000000000007"
                                + "03"
                                + "0461616421"
                                + "02beef"
                                + "03c0ffee");
        assertThat(MlsDescriber.describe(message))
                .map(field ->
                        "%d+%d %s: %s"
                                .formatted(
                                        field.offset(),
                                        field.length(),
                                        field.name(),
                                        field.value()))
                .containsExactly(
                        "0+2 version: 1",
                        "2+2 wire_format: 2 mls_private_message",
                        "4+5 group_id: 726f6f6d \"room\"",
                        "9+8 epoch: 7",
                        "17+1 content_type: 3 commit",
                        "18+5 authenticated_data: 61616421 \"aad!\"",
                        "23+3 encrypted_sender_data: (2 bytes, encrypted)",
                        "26+4 ciphertext: (3 bytes, encrypted)");
    }

    @Test
    void partsAreNamedByTheirPath() throws MalformedMessageException {
        var names =
                MlsDescriber.describe(new MessageGenerator(1).publicCommit(1)).stream()
                        .map(MlsDescriber.Field::name)
                        .toList();
        assertThat(names)
                .contains(
                        "leaf_index",
                        "proposals[0].proposal_type",
                        "proposals[0].key_package.leaf_node.credential.credential_type",
                        "proposals[1].reference",
                        "path.leaf_node.parent_hash",
                        "path.nodes[2].encrypted_path_secret.ciphertext",
                        "confirmation_tag",
                        "membership_tag");
    }
}
