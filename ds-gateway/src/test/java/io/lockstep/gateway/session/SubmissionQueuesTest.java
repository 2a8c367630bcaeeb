package io.lockstep.gateway.session;

import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SubmissionQueuesTest {
    private static final GroupId A = group("a");
    private static final GroupId B = group("b");

    private final SubmissionQueues lanes = new SubmissionQueues();
    private final List<String> ran = new ArrayList<>();

    private void run(GroupId group, String name) {
        lanes.run(group, () -> ran.add(name));
    }

    private void runAndHold(GroupId group, String name) {
        lanes.run(
                group,
                () -> {
                    ran.add(name);
                    lanes.hold(group);
                });
    }

    @Test
    void withoutAHoldNothingWaits() {
        run(A, "1");
        run(A, "2");
        assertThat(ran).containsExactly("1", "2");
    }

    @Test
    void submissionsBehindAHoldWaitInOrder() {
        runAndHold(A, "hold");
        run(A, "1");
        run(A, "2");
        assertThat(ran).containsExactly("hold");
        lanes.release(A);
        run(A, "3");
        assertThat(ran).containsExactly("hold", "1", "2", "3");
    }

    @Test
    void otherGroupsContinue() {
        runAndHold(A, "hold");
        run(B, "b");
        assertThat(ran).containsExactly("hold", "b");
    }

    @Test
    void aSecondHoldKeepsTheRestBehindIt() {
        runAndHold(A, "first");
        run(A, "1");
        runAndHold(A, "second");
        run(A, "2");
        lanes.release(A);
        run(A, "3");
        assertThat(ran).containsExactly("first", "1", "second");
        lanes.release(A);
        assertThat(ran).containsExactly("first", "1", "second", "2", "3");
    }
}
