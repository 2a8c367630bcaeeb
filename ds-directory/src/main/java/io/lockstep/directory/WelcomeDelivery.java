package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.log.PartContent;
import io.lockstep.log.PendingWelcome;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsMessageReader;
import io.lockstep.wire.mls.Welcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Releases the pending Welcomes of one group: splits each per joiner, files the parts, and removes
/// it from the log. Every step is idempotent.
final class WelcomeDelivery {
    private static final Logger LOG = LoggerFactory.getLogger(WelcomeDelivery.class);

    /// For log lines that clients can cause.
    private static final RateLimitedLogger OF_CLIENTS = RateLimitedLogger.of(WelcomeDelivery.class);

    private static final byte[] MAIL_LABEL = "lockstep.v1 mail".getBytes(StandardCharsets.US_ASCII);

    /// Maximum of items filed in one call.
    private static final int ITEMS_PER_CALL_MAX = 256;

    /// Maximum bytes of the shared encrypted_group_info that the items of all joiners of a commit
    /// repeat.
    private static final int REPEATED_BYTES_MAX = 64 * 1024;

    private final GroupLog log;
    private final KeyPackageStore keyPackages;
    private final InboxStore inboxes;
    private final BlobStore blobs;
    private final SenderPseudonyms senders;
    private final Counter filed;
    private final Counter ownerless;

    WelcomeDelivery(
            GroupLog log,
            BlobStore blobs,
            KeyPackageStore keyPackages,
            InboxStore inboxes,
            SenderPseudonyms senders,
            MeterRegistry meters) {
        this.log = log;
        this.blobs = blobs;
        this.keyPackages = keyPackages;
        this.inboxes = inboxes;
        this.senders = senders;
        this.filed = meters.counter("lockstep.directory.welcomes.filed");
        this.ownerless = meters.counter("lockstep.directory.welcomes.ownerless");
    }

    /// Completes when the log contains no Welcome of this group that was pending at the call.
    Mono<Void> releaseAll(GroupId group) {
        return log.pendingWelcomes(group)
                .flatMap(some ->
                        release(group, some)
                                .then(
                                        some.size() < GroupLog.WELCOMES_MAX
                                                ? Mono.empty()
                                                : releaseAll(group)));
    }

    private Mono<Void> release(GroupId group, List<PendingWelcome> some) {
        return Flux.fromIterable(some)
                .concatMap(pending ->
                        file(group, pending)
                                .then(
                                        log.welcomesReleased(
                                                group, List.of(pending.logPosition().position()))))
                .then();
    }

    private Mono<Void> file(GroupId group, PendingWelcome pending) {
        return message(group, pending)
                .flatMap(message -> Mono.justOrEmpty(read(group, pending, message)))
                .flatMap(welcome ->
                        keyPackages
                                .owners(welcome.keyPackageRefs())
                                .flatMap(owners -> file(group, pending, welcome, owners)));
    }

    private Mono<Bytes> message(GroupId group, PendingWelcome pending) {
        return switch (pending.welcome()) {
            case PartContent.Inline(var bytes) -> Mono.just(bytes);
            case BlobReference apart ->
                    blobs.get(group, apart.sha256())
                            .doOnSuccess(found -> {
                                if (found == null) {
                                    LOG.error(
                                            "dropped a Welcome whose blob is missing, {}",
                                            where(group, pending));
                                }
                            });
        };
    }

    /// The Welcome was parsed before it was accepted. If it is unreadable now, that is a bug, and
    /// no retry helps.
    private static Optional<Welcome> read(GroupId group, PendingWelcome pending, Bytes message) {
        try {
            if (MlsMessageReader.read(message) instanceof Welcome welcome) {
                return Optional.of(welcome);
            }
            LOG.error("dropped a message that is not a Welcome, {}", where(group, pending));
        } catch (MalformedMessageException e) {
            LOG.error("dropped an unreadable Welcome, {}", where(group, pending), e);
        }
        return Optional.empty();
    }

    private static String where(GroupId group, PendingWelcome pending) {
        return "group " + group + ", position " + pending.logPosition().position();
    }

    private Mono<Void> file(
            GroupId group, PendingWelcome pending, Welcome welcome, Map<Bytes, ClientId> owners) {
        var known = new ArrayList<Bytes>();
        for (var ref : welcome.keyPackageRefs()) {
            if (owners.containsKey(ref)) {
                known.add(ref);
            } else {
                ownerless.increment();
                OF_CLIENTS.warn(
                        "dropped a joiner's part of a Welcome, its KeyPackage has expired: {}",
                        where(group, pending));
            }
        }
        return cutting(group, welcome, known.size())
                .flatMap(cutter ->
                        Flux.fromIterable(known)
                                .buffer(ITEMS_PER_CALL_MAX)
                                .concatMap(refs -> file(group, pending, refs, owners, cutter))
                                .then());
    }

    private Mono<Void> file(
            GroupId group,
            PendingWelcome pending,
            List<Bytes> refs,
            Map<Bytes, ClientId> owners,
            Function<Bytes, InboxWelcome> cutter) {
        var own = new HashMap<ClientId, List<InboxItem>>();
        var others = new HashMap<ClientId, List<InboxItem>>();
        for (var ref : refs) {
            var owner = owners.get(ref);
            if (owner != null) {
                var items = isSender(owner, pending) ? own : others;
                items.computeIfAbsent(owner, _ -> new ArrayList<>())
                        .add(
                                new InboxItem(
                                        itemId(group, pending, ref),
                                        group,
                                        pending.logPosition(),
                                        pending.epoch(),
                                        ref,
                                        cutter.apply(ref),
                                        pending.ratchetTree()));
            }
        }
        return inboxes.file(pending.sender(), others)
                .then(own.isEmpty() ? Mono.empty() : inboxes.file(Bytes.EMPTY, own))
                .doOnSuccess(_ -> filed.increment(refs.size()));
    }

    /// A user's own devices have no sender's share: a new one is added to all groups at once.
    private boolean isSender(ClientId owner, PendingWelcome pending) {
        return senders.of(owner.user()).equals(pending.sender());
    }

    /// Builds each joiner's part. A short shared part is copied into each item. A long one is
    /// stored once, before the first item that refers to it.
    private Mono<Function<Bytes, InboxWelcome>> cutting(
            GroupId group, Welcome welcome, int joiners) {
        var shared = welcome.encryptedGroupInfo();
        if ((long) shared.size() * joiners <= REPEATED_BYTES_MAX) {
            return Mono.just(ref -> new InboxWelcome.WholeWelcome(welcome.cutFor(ref)));
        }
        var reference = BlobReference.to(shared);
        return blobs.put(group, reference.sha256(), shared, BlobStore.PARTS_MIN)
                .map(_ ->
                        ref ->
                                new InboxWelcome.SplitWelcome(
                                        welcome.cipherSuite(), welcome.secretsFor(ref), reference));
    }

    /// The first 16 bytes of `SHA-256("lockstep.v1 mail" ‖ incarnation[16] ‖ u8 len(group) ‖ group
    /// ‖ u64 position ‖ ref)`.
    static Bytes itemId(GroupId group, PendingWelcome pending, Bytes ref) {
        var digest = Bytes.newSha256();
        digest.update(MAIL_LABEL);
        pending.logPosition().incarnation().update(digest);
        digest.update((byte) group.bytes().size());
        group.bytes().update(digest);
        digest.update(ByteBuffer.allocate(8).putLong(pending.logPosition().position()).flip());
        ref.update(digest);
        return Bytes.wrap(digest.digest()).slice(0, InboxItem.ID_BYTES);
    }
}
