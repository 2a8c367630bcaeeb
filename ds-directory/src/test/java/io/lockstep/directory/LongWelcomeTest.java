package io.lockstep.directory;

import static io.lockstep.directory.KeyPackageMaker.welcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.memory.MemoryInboxStore;
import io.lockstep.directory.memory.MemoryKeyPackageStore;
import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.Content;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.NewEntry;
import io.lockstep.log.memory.MemoryBlobStore;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.wire.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// A Welcome that is a blob itself, and whose joiners share so much that it is stored once.
final class LongWelcomeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final ClientId BOB = ClientId.parse("bob/phone");
    private static final ClientId CAROL = ClientId.parse("carol/phone");
    private static final Bytes BOBS = GroupWriter.text("bob's ref").sha256();
    private static final Bytes CAROLS = GroupWriter.text("carol's ref").sha256();
    private static final Bytes SHARED = random(100_000);
    private static final Bytes TREE = random(1_000);

    /// What one release asks of the stores, in order.
    private static final List<String> STEPS =
            List.of("pendingWelcomes", "get", "owners", "put", "file", "welcomesReleased");

    private final MemoryBlobStore blobs = new MemoryBlobStore(InstantSource.system());
    private final MemoryGroupLog log = new MemoryGroupLog(blobs);
    private final MemoryKeyPackageStore keyPackages = new MemoryKeyPackageStore();
    private final MemoryInboxStore inboxes = new MemoryInboxStore();
    private final Scheduler scheduler = Schedulers.newParallel("release", 2, true);

    LongWelcomeTest() {
        publish(BOB, BOBS);
        publish(CAROL, CAROLS);
    }

    @AfterEach
    void stop() {
        scheduler.dispose();
    }

    private static Bytes random(int size) {
        var array = new byte[size];
        new Random(size).nextBytes(array);
        return Bytes.wrap(array);
    }

    private void publish(ClientId owner, Bytes ref) {
        keyPackages
                .publish(
                        Publication.of(
                                owner,
                                List.of(
                                        new Offer(
                                                new StoredKeyPackage(
                                                        owner,
                                                        ref,
                                                        Shelf.ofSuite(1),
                                                        false,
                                                        Instant.MAX,
                                                        BOBS),
                                                Features.NONE)),
                                false,
                                10))
                .block(PATIENCE);
    }

    private WelcomeRelease start(Faults faults) {
        var release =
                new WelcomeRelease(
                        faults.wrap(GroupLog.class, log),
                        faults.wrap(BlobStore.class, blobs),
                        faults.wrap(KeyPackageStore.class, keyPackages),
                        faults.wrap(InboxStore.class, inboxes),
                        WelcomeReleaseTest.LIMITS,
                        scheduler,
                        new SimpleMeterRegistry());
        release.start();
        return release;
    }

    private BlobReference put(GroupWriter writer, Bytes content) {
        blobs.put(writer.group(), content.sha256(), content, BlobStore.UNREFERENCED)
                .block(PATIENCE);
        return new BlobReference(content.sha256(), content.size());
    }

    private void append(GroupWriter writer) {
        var welcome = put(writer, welcome(SHARED, BOBS, CAROLS));
        var tree = put(writer, TREE);
        var plain = writer.commit("commit");
        writer.append(
                new NewEntry(
                        plain.entry(),
                        Optional.<Content>of(welcome),
                        Optional.empty(),
                        Optional.of(tree)));
    }

    private void awaitReleased(GroupWriter writer) {
        await().pollInterval(Duration.ofMillis(2))
                .atMost(PATIENCE)
                .until(() ->
                        log.pendingWelcomes(writer.group())
                                .blockOptional(PATIENCE)
                                .orElseThrow()
                                .isEmpty());
    }

    private List<Mail> mail(ClientId client) {
        return inboxes.page(client, 0)
                .expand(page -> page.more() ? inboxes.page(client, page.last()) : Mono.empty())
                .flatMapIterable(InboxStore.Page::pieces)
                .map(InboxStore.Piece::mail)
                .collectList()
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    @Test
    @DisplayName("I5: mail holds the joiner's own secrets, and what all share is stored once")
    void mailHoldsTheJoinersOwnPartAndWhatAllShareIsStoredOnce() {
        var writer = GroupWriter.create(log);
        append(writer);
        try (var _ = start(new Faults(0, Faults.When.BEFORE))) {
            awaitReleased(writer);
        }

        var expected = new BlobReference(SHARED.sha256(), SHARED.size());
        for (var client : List.of(BOB, CAROL)) {
            var mail = mail(client).getFirst();
            assertThat(mail.ratchetTree()).contains(new BlobReference(TREE.sha256(), TREE.size()));
            assertThat(mail.welcome()).isInstanceOf(MailWelcome.Cut.class);
            var cut = (MailWelcome.Cut) mail.welcome();
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
            try (var _ = start(new Faults(0, Faults.When.BEFORE))) {
                awaitReleased(writer);
            }
            for (var client : List.of(BOB, CAROL)) {
                assertThat(mail(client))
                        .as("mail of %s, step %d, %s", client, step, when)
                        .hasSize(1);
                inboxes.acknowledge(
                                client, Set.copyOf(mail(client).stream().map(Mail::id).toList()))
                        .block(PATIENCE);
            }
        }
    }

    @Test
    void theStepsAreThese() {
        var faults = new Faults(0, Faults.When.BEFORE);
        var writer = GroupWriter.create(log);
        append(writer);
        try (var _ = start(faults)) {
            awaitReleased(writer);
        }
        assertThat(faults.calls()).startsWith(STEPS.toArray(String[]::new));
    }
}
