package io.lockstep.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lockstep.crypto.GroupInfoCheck.CheckResult;
import io.lockstep.crypto.SignedGroupInfos.Says;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.SharedFolder;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.GroupInfo;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MessageGenerator;
import io.lockstep.wire.mls.MlsMessageReader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Checks of a GroupInfo against its tree (RFC 9420 §12.4.3).
final class GroupInfoCheckTest {
    private static final GroupId GROUP = new GroupId(Bytes.ofHex("67726f7570"));

    private final SignedGroupInfos made = new SignedGroupInfos(5);
    private final Bytes tree = made.tree(3);
    private final Bytes hash = SignedGroupInfos.hash(tree);

    @Test
    void aSignedGroupInfoOfItsTreeHolds() throws MalformedMessageException {
        assertThat(check(made.of(GROUP, 7, tree, true), Bytes.EMPTY))
                .isInstanceOf(CheckResult.Holds.class);
        assertThat(check(made.of(GROUP, 7, tree, false), tree))
                .isInstanceOf(CheckResult.Holds.class);
        assertThat(check(made.of(GROUP, 7, tree, true), tree))
                .isInstanceOf(CheckResult.Holds.class);
        assertThat(check(made.of(new Says(GROUP, 7, hash, 4, 4, tree)), Bytes.EMPTY))
                .isInstanceOf(CheckResult.Holds.class);
    }

    @Test
    void withoutATreeNothingCanBeChecked() throws MalformedMessageException {
        assertThat(check(made.of(GROUP, 7, tree, false), Bytes.EMPTY))
                .isInstanceOf(CheckResult.NotCheckable.class);
    }

    @Test
    void everyChangedByteOfTheSignedPartBreaksIt() {
        var whole = made.of(GROUP, 7, tree, false);
        int checked = 0;
        for (int i = 4; i < whole.size(); i++) {
            var array = whole.toArray();
            array[i] ^= 1;
            try {
                var outcome = check(Bytes.wrap(array), tree);
                // Another suite may be an unknown one.
                assertThat(outcome).as("byte %d", i).isNotInstanceOf(CheckResult.Holds.class);
                checked++;
            } catch (MalformedMessageException e) {
                assertThat(e.code()).isNotNull();
            }
        }
        assertThat(checked).isGreaterThan(100);
    }

    @Test
    void aSignatureOfAnotherMemberIsBroken() throws MalformedMessageException {
        broken(made.of(new Says(GROUP, 7, hash, 1, 2, tree)), Bytes.EMPTY, "signature");
    }

    @Test
    void anotherTreeIsBroken() throws MalformedMessageException {
        var other = made.tree(2);
        broken(made.of(GROUP, 7, tree, false), other, "another hash");
        broken(made.of(new Says(GROUP, 7, hash, 0, 0, other)), Bytes.EMPTY, "another hash");
        broken(made.of(new Says(GROUP, 7, hash, 0, 0, tree)), other, "another hash");
    }

    @Test
    void aSignerThatIsNotInTheTreeIsBroken() throws MalformedMessageException {
        broken(made.of(new Says(GROUP, 7, hash, 3, 3, tree)), Bytes.EMPTY, "leaf 3, is not");
        broken(made.of(new Says(GROUP, 7, hash, 5, 0, tree)), Bytes.EMPTY, "leaf 5, is not");
        broken(
                made.of(new Says(GROUP, 7, hash, 0xffff_ffffL, 0, tree)),
                Bytes.EMPTY,
                "leaf 4294967295, is not");
    }

    @Test
    void aMalformedTreeIsBroken() throws MalformedMessageException {
        var cut = tree.slice(0, tree.size() - 1);
        broken(made.of(GROUP, 7, tree, false), cut, "ratchet_tree: ");
        broken(made.of(new Says(GROUP, 7, hash, 0, 0, cut)), Bytes.EMPTY, "ratchet_tree: ");
    }

    @Test
    void anotherMessageIsNoGroupInfo() {
        var keyPackage = new MessageGenerator(1).keyPackageMessage(1);
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> check(keyPackage, tree))
                .returns(Code.WRONG_MESSAGE_KIND, MalformedMessageException::code);
    }

    @Test
    @DisplayName(
            "A real library's GroupInfo, with its tree, is valid; with a changed byte it is not")
    void realGroupInfo() throws MalformedMessageException {
        var sample = SharedFolder.sample("groupinfo-bcmls");
        var info = (GroupInfo) MlsMessageReader.read(sample);
        assertThat(info.hasRatchetTree()).isTrue();
        assertThat(check(sample, Bytes.EMPTY)).isInstanceOf(CheckResult.Holds.class);
        var array = sample.toArray();
        array[array.length - 1] ^= 1;
        broken(Bytes.wrap(array), Bytes.EMPTY, "signature");
    }

    private static CheckResult check(Bytes groupInfo, Bytes tree) throws MalformedMessageException {
        return GroupInfoCheck.check(groupInfo, tree);
    }

    private static void broken(Bytes groupInfo, Bytes tree, String detail)
            throws MalformedMessageException {
        assertThat(check(groupInfo, tree))
                .isInstanceOfSatisfying(
                        CheckResult.Broken.class,
                        outcome -> assertThat(outcome.detail()).contains(detail));
    }
}
