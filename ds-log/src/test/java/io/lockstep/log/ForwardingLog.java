package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A log that forwards every call; a test overrides what it changes.
public class ForwardingLog implements GroupLog {
    private final GroupLog log;

    public ForwardingLog(GroupLog log) {
        this.log = log;
    }

    /// The log to which the calls are forwarded.
    protected GroupLog log() {
        return log;
    }

    @Override
    public Mono<CreateOutcome> create(GroupId group, NewGroup newGroup) {
        return log().create(group, newGroup);
    }

    @Override
    public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
        return log().load(group, recentMax);
    }

    @Override
    public Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch) {
        return log().append(group, expected, batch);
    }

    @Override
    public Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax) {
        return log().read(group, afterPosition, countMax, bytesMax);
    }

    @Override
    public Mono<GroupTail> tail(GroupId group) {
        return log().tail(group);
    }

    @Override
    public Mono<OptionalLong> find(GroupId group, long epoch, Bytes sha256) {
        return log().find(group, epoch, sha256);
    }

    @Override
    public Mono<Void> relay(LogNotice.EphemeralMessage ephemeral) {
        return log().relay(ephemeral);
    }

    @Override
    public Mono<Optional<Membership>> membership(GroupId group, MemberId member) {
        return log().membership(group, member);
    }

    @Override
    public Mono<Map<MemberId, Optional<Membership>>> memberships(
            GroupId group, Set<MemberId> members) {
        return log().memberships(group, members);
    }

    @Override
    public Mono<Boolean> hasDeviceOf(GroupId group, UserPseudonym owner) {
        return log().hasDeviceOf(group, owner);
    }

    @Override
    public Mono<Optional<GroupRules>> policy(GroupId group) {
        return log().policy(group);
    }

    @Override
    public Mono<Optional<StoredGroupInfo>> groupInfo(GroupId group) {
        return log().groupInfo(group);
    }

    @Override
    public Mono<GroupInfoOutcome> fileGroupInfo(
            GroupId group, Bytes incarnation, long seen, StoredGroupInfo groupInfo) {
        return log().fileGroupInfo(group, incarnation, seen, groupInfo);
    }

    @Override
    public Flux<LogNotice> follow(GroupId group) {
        return log().follow(group);
    }

    @Override
    public Flux<GroupId> welcomesPending() {
        return log().welcomesPending();
    }

    @Override
    public Mono<List<PendingWelcome>> pendingWelcomes(GroupId group) {
        return log().pendingWelcomes(group);
    }

    @Override
    public Mono<Void> welcomesReleased(GroupId group, List<Long> positions) {
        return log().welcomesReleased(group, positions);
    }

    @Override
    public Mono<Long> trim(GroupId group, Duration age) {
        return log().trim(group, age);
    }

    @Override
    public Mono<SweepOutcome> sweep(int stepsMax) {
        return log().sweep(stepsMax);
    }

    @Override
    public Mono<DeleteOutcome> delete(GroupId group, DeleteCondition condition) {
        return log().delete(group, condition);
    }

    @Override
    public Mono<Void> noteTroubles(GroupId group, List<Trouble> troubles) {
        return log().noteTroubles(group, troubles);
    }

    @Override
    public Mono<GroupTroubles> troubles(GroupId group) {
        return log().troubles(group);
    }

    @Override
    public Mono<TroubledGroups> troubledGroups(String after, int countMax) {
        return log().troubledGroups(after, countMax);
    }

    @Override
    public Mono<Boolean> isDeleted(GroupId group, Bytes incarnation) {
        return log().isDeleted(group, incarnation);
    }
}
