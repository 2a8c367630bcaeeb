package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupRules;
import io.lockstep.log.PolicyChange;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RetentionTrimmerTest {
    private final ActorHarness stage = new ActorHarness();

    /// A node that had not seen the change deleted by the earlier retention.
    // PROTOCOL R-POLICY-3
    @Test
    @DisplayName("I8: a node trims by the policy in force, not by the one that it remembers")
    void aNodeThatHasNotSeenAChangeOfThePolicyTrimsByIt() {
        var brief = GroupRules.DEFAULT.withRetention(Duration.ofSeconds(30));
        stage.accept(new Submission.CreateSubmission(GROUP, ALICE, 0, brief, Bytes.EMPTY));
        for (int i = 0; i < 5; i++) {
            stage.accept(application(ALICE, 0, "m" + i));
        }
        var other = stage.node(stage.store, ActorHarness.LIMITS, new SimpleMeterRegistry());
        assertThat(stage.ask(other, retention(Duration.ofDays(1))).toString()).contains("Accepted");

        stage.pass(Duration.ofSeconds(100));

        assertThat(stage.actors.actors()).isZero();
        assertThat(stage.tail().firstRetained()).isEqualTo(1);
    }

    private static Submission retention(Duration time) {
        return new Submission.PolicySubmission(
                GROUP,
                ALICE,
                "alice/phone",
                new PolicyChange(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(time),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }
}
