package io.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HeadChainTest {
    private static final GroupId ROOM =
            new GroupId(Bytes.wrap("room".getBytes(StandardCharsets.US_ASCII)));
    private static final Bytes INCARNATION = Bytes.ofHex("000102030405060708090a0b0c0d0e0f");

    // PROTOCOL R-HEAD-1
    @Test
    void theChainIsTheOneThatTheProtocolDefines() {
        var first = HeadChain.first(ROOM, INCARNATION);
        var second =
                HeadChain.next(first, ROOM, 1, EntryKind.COMMIT, Bytes.ofHex("00010002").sha256());
        assertThat(first.hex())
                .isEqualTo("420c9a6f5f8472d348898d700ce6259446acbdf4b975ecf0f15bdecf84cf97dd");
        assertThat(second.hex())
                .isEqualTo("faa75bfebfa0406b9af86622c8113c5421ed06ca72077fb1936441de9448fb1d");
    }
}
