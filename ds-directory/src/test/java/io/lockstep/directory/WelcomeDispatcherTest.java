package io.lockstep.directory;

import static io.lockstep.wire.mls.MlsBytes.secretFor;
import static io.lockstep.wire.mls.MlsBytes.text;
import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lockstep.auth.ClientId;
import io.lockstep.log.AppendOutcome;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.RosterDelta;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WelcomeDispatcherTest extends WelcomeFixture {
    private static Bytes whole(InboxItem item) {
        return switch (item.welcome()) {
            case InboxWelcome.WholeWelcome(var message) -> message;
            case InboxWelcome.SplitWelcome cut -> throw new AssertionError("cut: " + cut);
        };
    }

    private static AppendOutcome appendWelcome(GroupWriter writer, Bytes... refs) {
        return writer.append(
                writer.bundle(
                        "commit for " + refs.length,
                        RosterDelta.NONE,
                        welcome(text("group info"), refs),
                        Bytes.EMPTY));
    }

    // PROTOCOL R-COMMIT-5 R-JOIN-6
    @Test
    @DisplayName("I5: each joiner gets its own part of the Welcome, and nobody else's")
    void eachJoinerGetsItsOwnPart() {
        start(none());
        var writer = GroupWriter.create(log);
        writer.append(writer.application("before"));
        appendWelcome(writer, BOBS, CAROLS);
        awaitReleased(writer);

        assertThat(inbox(BOB))
                .singleElement()
                .satisfies(item -> {
                    assertThat(item.group()).isEqualTo(writer.group());
                    assertThat(item.logPosition()).isEqualTo(writer.logPosition());
                    assertThat(item.logPosition().position()).isEqualTo(2);
                    assertThat(item.epoch()).isEqualTo(1);
                    assertThat(item.keyPackageRef()).isEqualTo(BOBS);
                    assertThat(whole(item)).isEqualTo(welcome(text("group info"), BOBS));
                    assertThat(whole(item).hex()).contains(secretFor(BOBS).hex());
                    assertThat(whole(item).hex()).doesNotContain(secretFor(CAROLS).hex());
                });
        assertThat(inbox(CAROL))
                .singleElement()
                .satisfies(item ->
                        assertThat(whole(item)).isEqualTo(welcome(text("group info"), CAROLS)));
    }

    // PROTOCOL R-JOIN-13
    @Test
    void aSenderHasAShareOfAnInboxUnlessTheInboxIsItsOwn() {
        assertThat(welcomesOf("alice")).isBetween(490, 512);
        inboxes.clear(BOB).block(PATIENCE);
        assertThat(welcomesOf(BOB.user())).isEqualTo(3 * 200);
    }

    /// @return how many of 600 Welcomes of the user, for three KeyPackages, are in the inbox of BOB
    private int welcomesOf(String user) {
        start(none());
        var writer = GroupWriter.create(log);
        for (int key = 0; key < 3; key++) {
            var ref = text("ref " + key + " for " + user).sha256();
            publish(BOB, ref);
            var message = welcome(text("group info"), ref);
            for (int i = 0; i < 200; i++) {
                writer.append(writer.welcome("commit " + key + "/" + i, message, SENDERS.of(user)));
            }
        }
        awaitReleased(writer);
        return inbox(BOB).size();
    }

    // PROTOCOL R-COMMIT-5
    @Test
    @DisplayName("I5: the Welcome of a commit that lost its race never leaves")
    void theWelcomeOfALosingCommitNeverLeaves() {
        start(none());
        var winner = GroupWriter.create(log);
        var loser = winner.twin(log);
        appendWelcome(winner, CAROLS);
        assertThat(appendWelcome(loser, BOBS)).isInstanceOf(AppendOutcome.TailMismatch.class);
        awaitReleased(winner);

        assertThat(inbox(CAROL)).hasSize(1);
        assertThat(inbox(BOB)).isEmpty();
    }

    /// The log reports eight groups at once.
    @Test
    void manyWelcomesOfOneGroupAreAllReleased() {
        var writer = GroupWriter.create(log);
        int count = 2 * GroupLog.WELCOMES_MAX + 1;
        for (int i = 0; i < count; i++) {
            appendWelcome(writer, BOBS);
        }
        var faults = none();
        start(faults);
        awaitReleased(writer);

        assertThat(inbox(BOB)).hasSize(count);
        assertThat(inbox(BOB).stream().map(item -> item.logPosition().position()))
                .containsExactlyElementsOf(LongStream.rangeClosed(1, count).boxed().toList());
    }

    /// The same process continues after a store failed once, at any call.
    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "I5: a store that fails at any step delays a Welcome and neither loses nor doubles it")
    void aFailureAtAnyStepLosesNothing(Faults.When when) {
        int steps = stepsOfOneRelease();
        for (int step = 1; step <= steps; step++) {
            var faults = new Faults(step, when);
            try (var _ = start(faults)) {
                var writer = GroupWriter.create(log);
                appendWelcome(writer, BOBS, CAROLS);
                awaitReleased(writer);
            }
            assertThat(faults.calls())
                    .as("the failed call was made")
                    .hasSizeGreaterThanOrEqualTo(step);
            expectOneMailEach(step, when);
        }
    }

    /// The process dies at any call, and another one starts on the same stores.
    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "I5: a crash at any step between append and release loses nothing and doubles nothing")
    void aCrashAtAnyStepLosesNothing(Faults.When when) {
        int steps = stepsOfOneRelease();
        for (int step = 1; step <= steps; step++) {
            var faults = new Faults(step, when);
            var writer = GroupWriter.create(log);
            int crash = step;
            var dying = start(faults);
            appendWelcome(writer, BOBS, CAROLS);
            await().pollInterval(Duration.ofMillis(2))
                    .atMost(PATIENCE)
                    .until(() -> faults.calls().size() >= crash);
            dying.close();

            try (var _ = start(none())) {
                awaitReleased(writer);
            }
            expectOneMailEach(step, when);
        }
    }

    private int stepsOfOneRelease() {
        var faults = none();
        try (var _ = start(faults)) {
            var writer = GroupWriter.create(log);
            appendWelcome(writer, BOBS, CAROLS);
            awaitReleased(writer);
        }
        for (var client : List.of(BOB, CAROL)) {
            forget(client);
        }
        // Told once by the append and once by the first sweep it may look again: then
        // "pendingWelcomes" follows, finds nothing and is no step of the release.
        var steps = List.of("pendingWelcomes", "owners", "file", "welcomesReleased");
        assertThat(faults.calls()).startsWith(steps.toArray(String[]::new));
        return steps.size();
    }

    private void expectOneMailEach(int step, Faults.When when) {
        for (var client : List.of(BOB, CAROL)) {
            assertThat(inbox(client)).as("inbox of %s, step %d, %s", client, step, when).hasSize(1);
            forget(client);
        }
    }

    private void forget(ClientId client) {
        inboxes.acknowledge(client, Set.copyOf(inbox(client).stream().map(InboxItem::id).toList()))
                .block(PATIENCE);
    }

    @Test
    void whatAnotherNodeLeftBehindIsFoundAtTheStart() {
        var writer = GroupWriter.create(log);
        appendWelcome(writer, BOBS);
        start(none());
        awaitReleased(writer);

        assertThat(inbox(BOB)).hasSize(1);
    }

    @Test
    void aJoinerWhoseKeyPackageIsForgottenDoesNotHoldUpTheOthers() {
        start(none());
        var writer = GroupWriter.create(log);
        appendWelcome(writer, text("forgotten").sha256(), CAROLS);
        awaitReleased(writer);

        assertThat(inbox(CAROL)).hasSize(1);
        assertThat(meters.counter("lockstep.directory.welcomes.ownerless").count()).isEqualTo(1);
    }

    @Test
    void twoNodesAtTheSameWorkFileItOnce() {
        start(none());
        start(none());
        var writer = GroupWriter.create(log);
        for (int i = 0; i < 20; i++) {
            appendWelcome(writer, BOBS);
        }
        awaitReleased(writer);

        assertThat(inbox(BOB)).hasSize(20);
    }

    @Test
    void moreGroupsThanMayRunAtOnceAllGetTheirTurn() {
        var writers =
                IntStream.range(0, 20 * LIMITS.welcomesInFlightMax())
                        .mapToObj(_ -> GroupWriter.create(log))
                        .toList();
        writers.forEach(writer -> appendWelcome(writer, BOBS));
        start(none());
        writers.forEach(this::awaitReleased);

        assertThat(inbox(BOB)).hasSize(writers.size());
        assertThat(meters.get("lockstep.directory.welcomes.filed").counter().count())
                .isEqualTo(writers.size());
    }

    @Test
    void aWelcomeForManyIsFiledInSeveralCalls() {
        var faults = none();
        start(faults);
        var refs = new Bytes[600];
        for (int i = 0; i < refs.length; i++) {
            refs[i] = text("ref " + i).sha256();
            publish(ClientId.parse("user" + i + "/phone"), refs[i]);
        }
        var writer = GroupWriter.create(log);
        appendWelcome(writer, refs);
        awaitReleased(writer);

        assertThat(faults.calls().stream().filter("file"::equals)).hasSize(3);
        for (int i = 0; i < refs.length; i++) {
            assertThat(inbox(ClientId.parse("user" + i + "/phone"))).hasSize(1);
        }
    }

    @Test
    void itemIdsDifferByGroupPositionAndJoiner() {
        var writer = GroupWriter.create(log);
        appendWelcome(writer, BOBS, CAROLS);
        appendWelcome(writer, BOBS);
        var other = GroupWriter.create(log);
        appendWelcome(other, BOBS);
        start(none());
        awaitReleased(writer);
        awaitReleased(other);

        var ids = new ArrayList<Bytes>();
        inbox(BOB).forEach(item -> ids.add(item.id()));
        inbox(CAROL).forEach(item -> ids.add(item.id()));
        assertThat(ids).hasSize(4).doesNotHaveDuplicates().allMatch(id -> id.size() == 16);
    }
}
