package io.lockstep.wire.mls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.SharedFolder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class WelcomeCutTest {
    // PROTOCOL R-COMMIT-5
    @Test
    @DisplayName("I5: a cut Welcome holds one joiner's part and the shared GroupInfo, nothing else")
    void eachJoinerGetsItsOwnPartOnly() throws MalformedMessageException {
        for (int joiners : new int[] {1, 2, 7, 200}) {
            assertCuts(new MessageGenerator(joiners).welcome(joiners), joiners);
        }
    }

    @Test
    void theWelcomeOfARealLibraryIsCut() throws MalformedMessageException {
        assertCuts(SharedFolder.sample("welcome-bcmls"), 2);
    }

    private static void assertCuts(Bytes message, int joiners) throws MalformedMessageException {
        var whole = (Welcome) MlsMessageReader.read(message);
        assertThat(whole.keyPackageRefs()).hasSize(joiners);
        for (var ref : whole.keyPackageRefs()) {
            var bytes = whole.cutFor(ref);
            var cut = (Welcome) MlsMessageReader.read(bytes);
            assertThat(cut.keyPackageRefs()).containsExactly(ref);
            assertThat(cut.cipherSuite()).isEqualTo(whole.cipherSuite());
            assertThat(cut.encryptedGroupInfo()).isEqualTo(whole.encryptedGroupInfo());
            assertThat(cut.cutFor(ref)).isEqualTo(bytes);
            int shared = whole.encryptedGroupInfo().size();
            assertThat(Welcome.head(whole.cipherSuite(), whole.secretsFor(ref), shared))
                    .isEqualTo(bytes.slice(0, bytes.size() - shared));
            assertThat(message.hex()).contains(secretOf(bytes).hex());
            if (joiners == 1) {
                assertThat(bytes).isEqualTo(message);
            }
        }
    }

    /// The EncryptedGroupSecrets of a Welcome for one joiner, without the length of the list.
    private static Bytes secretOf(Bytes cut) throws MalformedMessageException {
        var fields = MlsDescriber.describe(cut);
        int from = -1;
        int end = -1;
        for (var field : fields) {
            if (field.name().equals("secrets[0].new_member")) {
                from = field.offset();
            }
            if (field.name().equals("encrypted_group_info")) {
                end = field.offset();
            }
        }
        return cut.slice(from, end - from);
    }

    @Test
    void aStrangerGetsNoPart() throws MalformedMessageException {
        var welcome = (Welcome) MlsMessageReader.read(new MessageGenerator(1).welcome(3));
        assertThatIllegalArgumentException().isThrownBy(() -> welcome.cutFor(Bytes.ofHex("beef")));
    }

    // PROTOCOL R-COMMIT-8
    @Test
    void aWelcomeThatNamesAJoinerTwiceIsMalformed() {
        var one = "0401020304" + "02aaaa" + "02bbbb";
        var twice = Bytes.ofHex("00010003" + "0001" + "16" + one + one + "01cc");
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> MlsMessageReader.read(twice))
                .withMessageContaining("twice");
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> MlsDescriber.describe(twice));
    }
}
