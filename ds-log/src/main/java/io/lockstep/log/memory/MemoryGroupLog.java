package io.lockstep.log.memory;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.DeleteOutcome;
import io.lockstep.log.GroupInfoOutcome;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupTroubles;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogLimits;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.PendingWelcome;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.log.SweepOutcome;
import io.lockstep.log.Trouble;
import io.lockstep.log.TroubleCursor;
import io.lockstep.log.TroubledGroups;
import io.lockstep.log.TroubledGroups.TroubledGroup;
import io.lockstep.log.UserPseudonym;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/// A [GroupLog] in memory: the reference implementation. Each group's state changes under its own
/// lock; followers are notified after the lock is released.
public final class MemoryGroupLog implements GroupLog {
    private final ConcurrentHashMap<GroupId, MemoryGroup> groups = new ConcurrentHashMap<>();
    private final MemoryBlobStore blobs;

    /// The incarnations under which groups were deleted. A development server deletes few.
    private final Set<DeletedGroup> deleted = ConcurrentHashMap.newKeySet();

    private final Set<FluxSink<GroupId>> releasers = new CopyOnWriteArraySet<>();

    private final LogLimits limits;
    private final InstantSource clock;

    /// A log with a blob store of its own, to which no client can upload.
    public MemoryGroupLog() {
        this(new MemoryBlobStore(InstantSource.system()));
    }

    /// @param blobs the blobs to which entries may refer
    public MemoryGroupLog(MemoryBlobStore blobs) {
        this(blobs, LogLimits.DEFAULT, InstantSource.system());
    }

    /// @param clock determines the age of entries; the same clock as that of the appending nodes
    public MemoryGroupLog(MemoryBlobStore blobs, LogLimits limits, InstantSource clock) {
        this.blobs = blobs;
        this.limits = limits;
        this.clock = clock;
    }

    @Override
    public Mono<CreateOutcome> create(GroupId group, NewGroup newGroup) {
        return Mono.fromSupplier(() -> {
            var fresh = new MemoryGroup(group, newGroup, blobs, limits, clock);
            var before = groups.get(group);
            if (before == null) {
                blobs.refer(group, newGroup);
                before = groups.putIfAbsent(group, fresh);
            }
            return before == null
                    ? new CreateOutcome.Created(fresh.tail())
                    : new CreateOutcome.Existed(before.tail(), before.creator());
        });
    }

    @Override
    public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
        return find(group, found -> found.snapshot(recentMax));
    }

    @Override
    public Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch) {
        var entries = NewEntry.checkDense(expected, batch);
        return Mono.fromSupplier(() -> {
            var found = groups.get(group);
            if (found == null) {
                return new AppendOutcome.GroupMissing();
            }
            var outcome = found.append(expected, batch);
            if (outcome instanceof AppendOutcome.Succeeded) {
                announce(found, entries, batch);
            }
            return outcome;
        });
    }

    private void announce(MemoryGroup group, List<LogEntry> entries, List<NewEntry> batch) {
        group.followers().emit(new LogNotice.EntriesAppended(group.id(), entries));
        if (batch.stream().anyMatch(added -> added.welcome().isPresent())) {
            releasers.forEach(releaser -> releaser.next(group.id()));
        }
    }

    @Override
    public Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax) {
        return find(group, found -> found.read(afterPosition, countMax, bytesMax))
                .defaultIfEmpty(new ReadOutcome.LogMissing());
    }

    @Override
    public Mono<GroupTail> tail(GroupId group) {
        return find(group, MemoryGroup::tail);
    }

    @Override
    public Mono<OptionalLong> find(GroupId group, long epoch, Bytes sha256) {
        return find(group, found -> found.find(epoch, sha256)).defaultIfEmpty(OptionalLong.empty());
    }

    @Override
    public Mono<Optional<Membership>> membership(GroupId group, MemberId member) {
        return memberships(group, Set.of(member))
                .map(found -> found.getOrDefault(member, Optional.empty()));
    }

    @Override
    public Mono<Map<MemberId, Optional<Membership>>> memberships(
            GroupId group, Set<MemberId> members) {
        return find(group, found -> found.memberships(members))
                .defaultIfEmpty(
                        members.stream()
                                .collect(
                                        Collectors.toUnmodifiableMap(
                                                m -> m, _ -> Optional.empty())));
    }

    @Override
    public Mono<Boolean> hasDeviceOf(GroupId group, UserPseudonym owner) {
        return find(group, found -> found.hasDeviceOf(owner)).defaultIfEmpty(false);
    }

    @Override
    public Mono<Optional<GroupRules>> policy(GroupId group) {
        return find(group, MemoryGroup::policy).map(Optional::of).defaultIfEmpty(Optional.empty());
    }

    @Override
    public Mono<Optional<StoredGroupInfo>> groupInfo(GroupId group) {
        return find(group, MemoryGroup::groupInfo).defaultIfEmpty(Optional.empty());
    }

    @Override
    public Mono<GroupInfoOutcome> fileGroupInfo(
            GroupId group, Bytes incarnation, long seen, StoredGroupInfo groupInfo) {
        return find(group, found -> found.fileGroupInfo(incarnation, seen, groupInfo))
                .defaultIfEmpty(new GroupInfoOutcome.GroupMissing());
    }

    @Override
    public Mono<Void> relay(LogNotice.EphemeralMessage ephemeral) {
        return Mono.fromRunnable(() -> {
            var found = groups.get(ephemeral.group());
            if (found != null) {
                found.followers().emit(ephemeral);
            }
        });
    }

    /// Completes immediately for a group that does not exist.
    @Override
    public Flux<LogNotice> follow(GroupId group) {
        return Flux.defer(() -> {
            var found = groups.get(group);
            return found == null ? Flux.empty() : found.followers().follow(() -> {});
        });
    }

    @Override
    public Flux<GroupId> welcomesPending() {
        return Flux.create(releaser -> {
            releasers.add(releaser);
            releaser.onDispose(() -> releasers.remove(releaser));
            for (var group : groups.values()) {
                if (!group.pendingWelcomes().isEmpty()) {
                    releaser.next(group.id());
                }
            }
        });
    }

    @Override
    public Mono<List<PendingWelcome>> pendingWelcomes(GroupId group) {
        return find(group, MemoryGroup::pendingWelcomes).defaultIfEmpty(List.of());
    }

    @Override
    public Mono<Void> welcomesReleased(GroupId group, List<Long> positions) {
        return find(
                        group,
                        found -> {
                            found.welcomesReleased(positions);
                            return found;
                        })
                .then();
    }

    @Override
    public Mono<Long> trim(GroupId group, Duration age) {
        return find(group, found -> found.trim(age)).defaultIfEmpty(0L);
    }

    /// Asks every group whether it is due: this store is for few groups.
    @Override
    public Mono<SweepOutcome> sweep(int stepsMax) {
        return Mono.fromSupplier(() -> {
            int swept = 0;
            long entries = 0;
            long late = 0;
            for (var group : groups.values()) {
                long overdue = group.overdueMillis();
                if (overdue >= 0 && swept < stepsMax) {
                    swept++;
                    entries += group.sweep();
                    if (group.deleteIfAbandoned()) {
                        remove(group);
                    }
                    late = Math.max(late, overdue);
                }
            }
            return new SweepOutcome(swept, swept, entries, Duration.ofMillis(late));
        });
    }

    @Override
    public Mono<DeleteOutcome> delete(GroupId group, DeleteCondition condition) {
        return Mono.fromSupplier(() -> {
            var found = groups.get(group);
            if (found == null) {
                return DeleteOutcome.GROUP_MISSING;
            }
            var outcome = found.delete(condition);
            if (outcome == DeleteOutcome.DELETED) {
                remove(found);
            }
            return outcome;
        });
    }

    @Override
    public Mono<Void> noteTroubles(GroupId group, List<Trouble> troubles) {
        return find(
                        group,
                        found -> {
                            found.note(troubles);
                            return found;
                        })
                .then();
    }

    @Override
    public Mono<GroupTroubles> troubles(GroupId group) {
        return find(group, MemoryGroup::troubles).defaultIfEmpty(GroupTroubles.NONE);
    }

    /// Looks at all groups: this store is for few.
    @Override
    public Mono<TroubledGroups> troubledGroups(String after, int countMax) {
        var from = TroubleCursor.parse(after);
        return Mono.fromSupplier(() -> {
            var found = new TreeMap<TroubleCursor, TroubledGroup>(TroubleCursor.ORDER);
            for (var group : groups.values()) {
                var troubles = group.troubles();
                var at = new TroubleCursor(troubles.lastMillis(), group.id().bytes().hex());
                if (troubles.lastMillis() > 0 && from.isBefore(at)) {
                    found.put(at, new TroubledGroup(group.id(), troubles));
                }
            }
            var page = found.entrySet().stream().limit(countMax).toList();
            return new TroubledGroups(
                    page.stream().map(Map.Entry::getValue).toList(),
                    page.size() == countMax
                            ? Optional.of(page.getLast().getKey().write())
                            : Optional.empty());
        });
    }

    private void remove(MemoryGroup group) {
        deleted.add(new DeletedGroup(group.id(), group.tail().last().incarnation()));
        blobs.delete(group.id());
        groups.remove(group.id(), group);
        group.followers().complete();
    }

    @Override
    public Mono<Boolean> isDeleted(GroupId group, Bytes incarnation) {
        return Mono.fromSupplier(() -> deleted.contains(new DeletedGroup(group, incarnation)));
    }

    private record DeletedGroup(GroupId group, Bytes incarnation) {}

    private <T> Mono<T> find(GroupId group, Function<MemoryGroup, T> question) {
        return Mono.fromSupplier(() -> groups.get(group)).map(question);
    }
}
