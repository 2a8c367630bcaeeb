package io.lockstep.log.memory;

import io.lockstep.log.BlobInfo;
import io.lockstep.log.BlobQuota;
import io.lockstep.log.BlobQuotaExceededException;
import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupRules;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// A [BlobStore] in memory. Expired blobs are deleted when blobs of their group are accessed.
///
/// Threads: *thread-safe*, by its monitor; it calls no other object while it holds it.
public final class MemoryBlobStore implements BlobStore {
    private final InstantSource clock;
    private final BlobQuota quota;
    private final Map<GroupId, Map<Bytes, Blob>> groups = new HashMap<>();

    /// The blobs of each group's GroupInfo, which do not expire.
    private final Map<GroupId, Set<Bytes>> endless = new HashMap<>();

    /// @param kept whether an entry refers to it, or the service stores it for itself
    private record Blob(Bytes content, long expiresMillis, OptionalLong position, boolean kept) {
        Blob until(long millis) {
            return new Blob(content, Math.max(expiresMillis, millis), position, kept);
        }

        Blob keptToo(boolean keep) {
            return new Blob(content, expiresMillis, position, kept || keep);
        }

        Blob referredAt(long entry) {
            return position.isPresent()
                    ? this
                    : new Blob(content, expiresMillis, OptionalLong.of(entry), true);
        }
    }

    public MemoryBlobStore(InstantSource clock) {
        this(clock, BlobQuota.DEFAULT);
    }

    public MemoryBlobStore(InstantSource clock, BlobQuota quota) {
        this.clock = clock;
        this.quota = quota;
    }

    @Override
    public Mono<Boolean> put(GroupId group, Bytes sha256, Bytes content, Duration life) {
        return Mono.fromSupplier(() -> {
            synchronized (this) {
                var blobs = groups.computeIfAbsent(group, _ -> new HashMap<>());
                dropExpired(group, blobs);
                boolean keep = life.compareTo(UNREFERENCED) > 0;
                boolean known = blobs.containsKey(sha256);
                if (!known && !keep && isFull(blobs.values(), content.size())) {
                    throw new BlobQuotaExceededException(group);
                }
                long ends = clock.millis() + life.toMillis();
                var fresh = new Blob(content, ends, OptionalLong.empty(), keep);
                blobs.merge(sha256, fresh, (old, _) -> old.until(ends).keptToo(keep));
                return !known;
            }
        });
    }

    private boolean isFull(Collection<Blob> blobs, int size) {
        var uploads = blobs.stream().filter(blob -> !blob.kept()).toList();
        return uploads.size() >= quota.uploadsMax()
                || bytes(uploads) + size > quota.uploadBytesMax()
                || blobs.size() >= quota.blobsMax()
                || bytes(blobs) + size > quota.bytesMax();
    }

    private static long bytes(Collection<Blob> blobs) {
        return blobs.stream().mapToLong(blob -> blob.content().size()).sum();
    }

    @Override
    public Mono<BlobInfo> info(GroupId group, Bytes sha256) {
        return Mono.fromSupplier(() -> {
            var blob = find(group, sha256);
            return blob == null ? null : new BlobInfo(blob.content().size(), blob.position());
        });
    }

    @Override
    public Mono<Bytes> get(GroupId group, Bytes sha256) {
        return Mono.fromSupplier(() -> find(group, sha256)).map(Blob::content);
    }

    @Override
    public Mono<Bytes> part(GroupId group, Bytes sha256, int from, int length) {
        return get(group, sha256).map(content -> content.slice(from, length));
    }

    private synchronized @Nullable Blob find(GroupId group, Bytes sha256) {
        var blob = groups.getOrDefault(group, Map.of()).get(sha256);
        return blob == null || isExpired(group, sha256, blob) ? null : blob;
    }

    /// Extends the lives of all blobs that the batch refers to, or of none.
    ///
    /// @return the missing blobs
    synchronized Set<Bytes> refer(GroupId group, GroupRules policy, List<NewEntry> batch) {
        var lives = new HashMap<Bytes, Duration>();
        var missing = new HashSet<Bytes>();
        for (var added : batch) {
            for (var reference : added.references()) {
                boolean message = added.isOfEntry(reference);
                lives.merge(
                        reference.sha256(),
                        message ? BlobStore.messageLife(policy) : BlobStore.partLife(policy),
                        (a, b) -> a.compareTo(b) < 0 ? b : a);
                if (!holds(group, reference)) {
                    missing.add(reference.sha256());
                }
            }
        }
        if (missing.isEmpty()) {
            lives.forEach((sha256, life) -> extend(group, sha256, life));
            for (var added : batch) {
                added.references().forEach(r -> referred(group, r, added.entry().position()));
            }
            NewEntry.storedGroupInfo(batch)
                    .ifPresent(info -> groupInfoStored(group, policy, info.blobs()));
        }
        return missing;
    }

    /// Extends the lives of all blobs of a GroupInfo that is stored apart from a commit, or of
    /// none.
    ///
    /// @return the missing blobs
    synchronized Set<Bytes> refer(GroupId group, GroupRules policy, StoredGroupInfo filed) {
        var missing = new HashSet<Bytes>();
        for (var reference : filed.references()) {
            if (!holds(group, reference)) {
                missing.add(reference.sha256());
            }
        }
        if (missing.isEmpty()) {
            for (var reference : filed.references()) {
                extend(group, reference.sha256(), BlobStore.partLife(policy));
                groups.getOrDefault(group, Map.of())
                        .computeIfPresent(reference.sha256(), (_, blob) -> blob.keptToo(true));
            }
            groupInfoStored(group, policy, filed.blobs());
        }
        return missing;
    }

    synchronized void groupInfoStored(GroupId group, GroupRules policy, Set<Bytes> blobs) {
        var before = endless.put(group, blobs);
        if (before != null) {
            before.forEach(sha256 -> extend(group, sha256, BlobStore.partLife(policy)));
        }
    }

    /// Extends the life of a new group's tree.
    ///
    /// @throws IllegalStateException when it does not exist
    synchronized void refer(GroupId group, NewGroup made) {
        made.ratchetTree()
                .ifPresent(tree -> {
                    if (!holds(group, tree)) {
                        throw new IllegalStateException("no blob " + tree + " of group " + group);
                    }
                    extend(group, tree.sha256(), BlobStore.partLife(made.policy()));
                    referred(group, tree, 0);
                    if (!made.groupInfo().isEmpty()) {
                        groupInfoStored(group, made.policy(), Set.of(tree.sha256()));
                    }
                });
    }

    /// Deletes all blobs of a deleted group.
    synchronized void delete(GroupId group) {
        groups.remove(group);
        endless.remove(group);
    }

    private boolean holds(GroupId group, BlobReference reference) {
        var blob = find(group, reference.sha256());
        return blob != null && blob.content().size() == reference.size();
    }

    private void referred(GroupId group, BlobReference reference, long position) {
        groups.getOrDefault(group, Map.of())
                .computeIfPresent(reference.sha256(), (_, blob) -> blob.referredAt(position));
    }

    private void extend(GroupId group, Bytes sha256, Duration life) {
        groups.getOrDefault(group, Map.of())
                .computeIfPresent(
                        sha256, (_, blob) -> blob.until(clock.millis() + life.toMillis()));
    }

    private boolean isExpired(GroupId group, Bytes sha256, Blob blob) {
        return blob.expiresMillis() <= clock.millis()
                && !endless.getOrDefault(group, Set.of()).contains(sha256);
    }

    private void dropExpired(GroupId group, Map<Bytes, Blob> blobs) {
        blobs.entrySet().removeIf(blob -> isExpired(group, blob.getKey(), blob.getValue()));
    }
}
