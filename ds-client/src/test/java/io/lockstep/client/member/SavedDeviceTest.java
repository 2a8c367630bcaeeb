package io.lockstep.client.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.LogCursor;
import io.lockstep.client.member.OwnProposals.Proposed;
import io.lockstep.client.member.SavedDevice.SavedConversation;
import io.lockstep.client.mls.MlsException;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SavedDeviceTest {
    private static final Bytes ONE = Bytes.ofHex("01");

    private static SavedDevice saved(List<Bytes> departed) {
        var cursor = new LogCursor(new GroupId(ONE), Bytes.ofHex("07".repeat(16)), 5, ONE);
        return new SavedDevice(
                "alice/phone",
                Bytes.ofHex("0203"),
                List.of(
                        new SavedConversation(
                                cursor,
                                true,
                                Map.of(ONE, Bytes.ofHex("0405")),
                                List.of(new Proposed(ONE, true, ONE, 4)),
                                departed)));
    }

    @Test
    void aStateIsReadAsItWasSaved() {
        var state = saved(List.of(Bytes.ofHex("0a0b"), Bytes.ofHex("0c")));

        assertThat(SavedDevice.decode(state.encode())).isEqualTo(state);
    }

    @Test
    void aStateOfTheFirstVersionHasNoDepartedMembers() {
        var state = saved(List.of());
        var current = state.encode().toArray();
        var first = Arrays.copyOf(current, current.length - Integer.BYTES);
        ByteBuffer.wrap(first).putInt(0x4c534431);

        assertThat(SavedDevice.decode(Bytes.wrap(first))).isEqualTo(state);
    }

    @Test
    void otherBytesAreRefused() {
        var state = saved(List.of()).encode();

        assertThatThrownBy(() -> SavedDevice.decode(state.slice(0, state.size() - 1)))
                .isInstanceOf(MlsException.class);
        assertThatThrownBy(() -> SavedDevice.decode(Bytes.ofHex("4c534433")))
                .isInstanceOf(MlsException.class);
    }
}
