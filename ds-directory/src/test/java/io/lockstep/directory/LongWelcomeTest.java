package io.lockstep.directory;

import static io.lockstep.wire.mls.MlsBytes.welcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.NewEntry;
import io.lockstep.log.PartContent;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MlsBytes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A Welcome that is a blob, and whose joiners share so many bytes that these are stored once.
final class LongWelcomeTest extends WelcomeFixture {
    private static final Bytes SHARED = MlsBytes.random(100_000);
    private static final Bytes TREE = MlsBytes.random(1_000);

    /// The calls of one release to the stores, in order.
    private static final List<String> STEPS =
            List.of("pendingWelcomes", "get", "owners", "put", "file", "welcomesReleased");

    private BlobReference put(GroupWriter writer, Bytes content) {
        blobs.put(writer.group(), content.sha256(), content, BlobStore.UNREFERENCED)
                .block(PATIENCE);
        return BlobReference.to(content);
    }

    private void append(GroupWriter writer) {
        var welcome = put(writer, welcome(SHARED, BOBS, CAROLS));
        var tree = put(writer, TREE);
        var plain = writer.commit("commit");
        writer.append(
                new NewEntry(
                        plain.entry(),
                        Optional.<PartContent>of(welcome),
                        Optional.empty(),
                        Optional.of(tree)));
    }

    @Test
    @DisplayName("I5: an item holds the joiner's own secrets, and what all share is stored once")
    void anItemHoldsTheJoinersOwnPartAndWhatAllShareIsStoredOnce() {
        var writer = GroupWriter.create(log);
        append(writer);
        try (var _ = start(none())) {
            awaitReleased(writer);
        }

        var expected = BlobReference.to(SHARED);
        for (var client : List.of(BOB, CAROL)) {
            var item = inbox(client).getFirst();
            assertThat(item.ratchetTree()).contains(BlobReference.to(TREE));
            assertThat(item.welcome()).isInstanceOf(InboxWelcome.SplitWelcome.class);
            var cut = (InboxWelcome.SplitWelcome) item.welcome();
            assertThat(cut.encryptedGroupInfo()).isEqualTo(expected);
            var whole = welcome(SHARED, client.equals(BOB) ? BOBS : CAROLS);
            assertThat(cut.compose(SHARED).equals(whole)).isTrue();
            assertThat(cut.size()).isEqualTo(whole.size());
        }
        assertThat(blobs.get(writer.group(), SHARED.sha256()).block(PATIENCE)).isEqualTo(SHARED);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("I5: a crash at any step of a long Welcome's release loses and doubles nothing")
    void aCrashAtAnyStepLosesNothing(Faults.When when) {
        for (int step = 1; step <= STEPS.size(); step++) {
            var faults = new Faults(step, when);
            var writer = GroupWriter.create(log);
            int crash = step;
            try (var _ = start(faults)) {
                append(writer);
                await().pollInterval(Duration.ofMillis(2))
                        .atMost(PATIENCE)
                        .until(() -> faults.calls().size() >= crash);
            }
            try (var _ = start(none())) {
                awaitReleased(writer);
            }
            for (var client : List.of(BOB, CAROL)) {
                assertThat(inbox(client))
                        .as("inbox of %s, step %d, %s", client, step, when)
                        .hasSize(1);
                inboxes.acknowledge(
                                client,
                                Set.copyOf(inbox(client).stream().map(InboxItem::id).toList()))
                        .block(PATIENCE);
            }
        }
    }

    @Test
    void theStepsAreThese() {
        var faults = none();
        var writer = GroupWriter.create(log);
        append(writer);
        try (var _ = start(faults)) {
            awaitReleased(writer);
        }
        assertThat(faults.calls()).startsWith(STEPS.toArray(String[]::new));
    }
}
