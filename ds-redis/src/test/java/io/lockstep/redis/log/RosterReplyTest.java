package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.wire.mls.GroupId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RosterReplyTest {
    private static final GroupId GROUP = GroupWriter.freshGroup();
    private static final MemberId ALICE = GroupWriter.member("alice");
    private static final MemberId BOB = GroupWriter.member("bob");
    private static final MemberId STRANGER = GroupWriter.member("stranger");
    private static final Membership FROM_3 =
            new Membership(GroupWriter.owner("alice"), 3, Membership.OPEN);

    /// Bug: one such value failed the query for all.
    @Test
    void aValueThatCannotBeReadIsLeftOutAndTheOthersAreTold() {
        byte[] whole = MetaCodec.membership(FROM_3);
        for (int length = 0; length < whole.length; length++) {
            var values = List.of(none(), value(Arrays.copyOf(whole, length)), value(whole));

            assertThat(RosterReply.read(GROUP, List.of(STRANGER, BOB, ALICE), values))
                    .as("of %d bytes", length)
                    .isEqualTo(Map.of(STRANGER, Optional.empty(), ALICE, Optional.of(FROM_3)));
        }
    }

    @Test
    void fewerAnswersThanQuestionsSayNothingOfAnybody() {
        for (var values : List.of(List.of(none()), List.<Optional<byte[]>>of())) {
            assertThatThrownBy(() -> RosterReply.read(GROUP, List.of(ALICE, BOB), values))
                    .isInstanceOf(LogUnavailableException.class);
        }
    }

    private static Optional<byte[]> value(byte[] bytes) {
        return Optional.of(bytes);
    }

    private static Optional<byte[]> none() {
        return Optional.empty();
    }
}
