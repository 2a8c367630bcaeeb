package io.lockstep.bench.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsMessageReader;
import io.lockstep.wire.mls.PrivateMessage;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SyntheticMlsTest {
    private static GroupId group(String name) {
        return new GroupId(Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                120, 127, 128, 129, 130, 131, 132, 200, 1_024, 16_000, 16_460, 16_480, 16_500,
                65_536
            })
    void aMessageIsAsLongAsAskedForButForALengthThatCannotBe(int bytes) {
        var message = SyntheticMls.application(group("g"), 7, new Stamp(1, 2), bytes);

        assertThat(message.size()).isBetween(bytes - 2, bytes);
    }

    @Test
    void aLengthBelowTheHeaderGivesTheShortestMessage() {
        var group = group("g".repeat(200));
        var shortest = SyntheticMls.application(group, 0, new Stamp(1, 2), 1);

        assertThat(shortest.size()).isBetween(260, 300);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 255})
    void theServersOwnReaderTakesItAndTheStampComesBack(int groupBytes)
            throws MalformedMessageException {
        var group = group("g".repeat(groupBytes));
        var stamp = new Stamp(42, -5);
        var message = SyntheticMls.application(group, 9, stamp, 1_024);

        assertThat(MlsMessageReader.read(message)).isInstanceOf(PrivateMessage.class);
        assertThat(Stamp.of(message.asByteBuf(), 0, message.size())).contains(stamp);
    }

    @Test
    void aMessageWithoutAStampHasNone() {
        var bytes = Bytes.wrap(new byte[400]).asByteBuf();

        assertThat(Stamp.of(bytes, 0, 400)).isEmpty();
        assertThat(Stamp.of(bytes, 0, 3)).isEmpty();
    }

    @Test
    void everyPrefixOfAMessageHasItsStampOrNone() {
        var message = SyntheticMls.application(group("group"), 9, new Stamp(1, 2), 300);

        for (int length = 0; length <= message.size(); length++) {
            var stamp = Stamp.of(message.slice(0, length).asByteBuf(), 0, length);
            assertThat(stamp.isEmpty() || stamp.get().equals(new Stamp(1, 2))).isTrue();
        }
    }

    @Test
    void sizesFollowTheirProfile() {
        var random = new SplittableRandom(1);

        assertThat(SizeProfile.parse("700").next(random)).isEqualTo(700);
        for (int i = 0; i < 1_000; i++) {
            assertThat(SizeProfile.parse("10-20").next(random)).isBetween(10, 20);
            assertThat(SizeProfile.parse("chat").next(random)).isBetween(160, 60_000);
        }
        assertThatThrownBy(() -> SizeProfile.parse("big"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SizeProfile.parse("20-10"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aScheduleDoesNotWaitForOutcomes() {
        var schedule = new Schedule(1_000, 500);

        assertThat(schedule.intended(0)).isEqualTo(1_000);
        assertThat(schedule.intended(1)).isEqualTo(2_001_000);
        assertThat(schedule.intended(1_000_000)).isEqualTo(2_000_000_001_000L);
        assertThat(new Schedule(7, 0).intended(9)).isEqualTo(7);
        assertThatThrownBy(() -> new Schedule(0, -1)).isInstanceOf(IllegalArgumentException.class);
    }
}
