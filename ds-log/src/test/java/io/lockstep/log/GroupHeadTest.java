package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// Golden bytes, computed with `printf … | sha256sum` from the layout in [GroupHead]'s comment.
class GroupHeadTest {
    private static final GroupId GROUP = new GroupId(Bytes.ofHex("0102030405"));
    private static final Bytes INCARNATION = Bytes.ofHex("000102030405060708090a0b0c0d0e0f");
    private static final String FIRST =
            "fcbe6751ba87ca23d4e30522c9e600a368670e2682b22187688459a10f7172db";
    private static final String SECOND =
            "bfbb55881230436b89713cf5295b312efcc775380fa27469c32b9cd3f6b273fc";

    @Test
    void aNewGroupsHeadIsTheHashOfItsIncarnationAndId() {
        assertThat(GroupHead.first(GROUP, INCARNATION).hex()).isEqualTo(FIRST);
    }

    @Test
    void everyHeadCoversPositionKindAndHash() {
        var head =
                GroupHead.next(
                        Bytes.ofHex(FIRST),
                        GROUP,
                        1,
                        EntryKind.COMMIT,
                        Bytes.wrap("hello".getBytes(StandardCharsets.US_ASCII)).sha256());
        assertThat(head.hex()).isEqualTo(SECOND);
    }
}
