package io.lockstep.wire.mls;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import org.junit.jupiter.api.Test;

class ProposalTypesTest {
    private static final GroupId GROUP = MlsBytes.group("library");

    @Test
    void theTypeOfAPublicProposalIsRead() {
        assertThat(ProposalTypes.ofPublic(MlsBytes.selfRemove(GROUP, 7, "bye")))
                .hasValue(ProposalTypes.SELF_REMOVE);
        assertThat(ProposalTypes.ofPublic(MlsBytes.newMemberProposal(GROUP, 7, "add"))).hasValue(3);
        assertThat(ProposalTypes.ofPublic(MlsBytes.externalSenderProposal(GROUP, 7, "x")))
                .hasValue(3);
    }

    @Test
    void theServerAcceptsASelfRemoveAsAProposal() throws Exception {
        var header = GroupMessageHeader.read(MlsBytes.selfRemove(GROUP, 7, "bye").asByteBuf());
        assertThat(header.contentType()).isEqualTo(ContentType.PROPOSAL);
        assertThat(header.isContentRead()).isFalse();
    }

    @Test
    void nothingElseHasAType() {
        assertThat(ProposalTypes.ofPublic(MlsBytes.proposal(GROUP, 7, "private"))).isEmpty();
        assertThat(ProposalTypes.ofPublic(MlsBytes.externalCommit(GROUP, 7, "c"))).isEmpty();
        assertThat(ProposalTypes.ofPublic(MlsBytes.groupInfo(GROUP, 7))).isEmpty();
        assertThat(ProposalTypes.ofPublic(Bytes.EMPTY)).isEmpty();
        var whole = MlsBytes.selfRemove(GROUP, 7, "bye");
        for (int size = 0; size < 26; size++) {
            assertThat(ProposalTypes.ofPublic(whole.slice(0, size))).isEmpty();
        }
    }
}
