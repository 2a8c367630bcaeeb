package io.lockstep.directory;

import static io.lockstep.wire.mls.MlsBytes.text;
import static org.awaitility.Awaitility.await;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.memory.MemoryInboxStore;
import io.lockstep.directory.memory.MemoryKeyPackageStore;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.memory.MemoryBlobStore;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// In-memory stores in which two devices have published a KeyPackage each, and releases of Welcomes
/// with them.
abstract class WelcomeFixture {
    static final Duration PATIENCE = Duration.ofSeconds(10);
    static final ClientId BOB = ClientId.parse("bob/phone");
    static final ClientId CAROL = ClientId.parse("carol/phone");
    static final Bytes BOBS = text("ref of bob").sha256();
    static final Bytes CAROLS = text("ref of carol").sha256();
    static final DirectoryLimits LIMITS =
            new DirectoryLimits(
                    KeyPackageLimits.DEFAULT,
                    4,
                    Duration.ofMillis(1),
                    Duration.ofMillis(4),
                    Duration.ofMinutes(1));

    static final SenderPseudonyms SENDERS =
            new SenderPseudonyms(DeploymentKey.of(Bytes.wrap(new byte[DeploymentKey.BYTES])));

    final MemoryBlobStore blobs = new MemoryBlobStore(InstantSource.system());
    final MemoryGroupLog log = new MemoryGroupLog(blobs);
    final MemoryKeyPackageStore keyPackages = new MemoryKeyPackageStore();
    final MemoryInboxStore inboxes = new MemoryInboxStore();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Scheduler scheduler = Schedulers.newParallel("release", 2, true);
    final List<WelcomeDispatcher> running = new ArrayList<>();

    WelcomeFixture() {
        publish(BOB, BOBS);
        publish(CAROL, CAROLS);
    }

    @AfterEach
    void stop() {
        running.forEach(WelcomeDispatcher::close);
        scheduler.dispose();
    }

    void publish(ClientId owner, Bytes ref) {
        keyPackages
                .publish(
                        PublishRequest.of(
                                owner,
                                List.of(
                                        new OfferedKeyPackage(
                                                new StoredKeyPackage(
                                                        owner,
                                                        ref,
                                                        KeyPackageKind.ofSuite(1),
                                                        false,
                                                        Instant.MAX,
                                                        text("message")),
                                                Features.NONE)),
                                false,
                                10))
                .block(PATIENCE);
    }

    WelcomeDispatcher start(Faults faults) {
        var release =
                new WelcomeDispatcher(
                        faults.wrap(GroupLog.class, log),
                        faults.wrap(BlobStore.class, blobs),
                        faults.wrap(KeyPackageStore.class, keyPackages),
                        faults.wrap(InboxStore.class, inboxes),
                        SENDERS,
                        LIMITS,
                        scheduler,
                        meters);
        running.add(release);
        release.start();
        return release;
    }

    static Faults none() {
        return new Faults(0, Faults.When.BEFORE);
    }

    List<InboxItem> inbox(ClientId client) {
        return inboxes.page(client, 0)
                .expand(page -> page.more() ? inboxes.page(client, page.last()) : Mono.empty())
                .flatMapIterable(InboxStore.InboxPage::items)
                .map(InboxStore.NumberedItem::item)
                .collectList()
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    void awaitReleased(GroupWriter writer) {
        await().pollInterval(Duration.ofMillis(2))
                .atMost(PATIENCE)
                .until(() ->
                        log.pendingWelcomes(writer.group())
                                .blockOptional(PATIENCE)
                                .orElseThrow()
                                .isEmpty());
    }
}
