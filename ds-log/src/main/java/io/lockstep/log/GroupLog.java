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

/// The durable, ordered log of every group: the storage interface of the service. Every
/// implementation passes `GroupLogContract`.
///
/// Guarantees: an append is atomic, and happens only at the tail that its caller has seen (I1, I2).
/// Results of a Mono and notices to a follower are durable (I3). A Mono fails with
/// [LogUnavailableException], whose [CallEffect] states whether the append may have happened. An
/// unknown effect stays unknown until the group is read again.
public interface GroupLog {
    /// The tree's blob must exist; its life is extended in the same step.
    Mono<CreateOutcome> create(GroupId group, NewGroup newGroup);

    /// @param recentMax maximum number of newest entries in the snapshot
    /// @return empty when the group does not exist
    Mono<GroupSnapshot> load(GroupId group, int recentMax);

    /// Appends the batch if the log ends exactly at `expected`. Entries, resend keys, roster,
    /// GroupInfo, pending Welcomes, epoch change, and the extended lives of referenced blobs
    /// ([BlobStore]) take effect in one atomic step, all or nothing.
    ///
    /// @param batch one or more entries that continue `expected` densely; [NewEntry#checkDense]
    ///     holds
    Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch);

    /// Entries after a position, oldest first.
    ///
    /// @param countMax maximum number of entries
    /// @param bytesMax stops after the entry with which the message bytes reach this; always
    ///     returns at least one
    Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax);

    /// @return empty when the group does not exist
    Mono<GroupTail> tail(GroupId group);

    /// The position of the message with these bytes (invariant I4). It is exact for every entry
    /// accepted within [LogLimits#resendWindow], retained or not.
    ///
    /// @param epoch the epoch in the message's header
    /// @param sha256 hash of the message bytes
    Mono<OptionalLong> find(GroupId group, long epoch, Bytes sha256);

    /// @return empty when the group does not exist or this was never a member
    Mono<Optional<Membership>> membership(GroupId group, MemberId member);

    /// The memberships of several members, with one call.
    ///
    /// @return an element for each member with an answer; empty when the group does not exist or it
    ///     was never a member. A missing element may still be a member: its stored value is
    ///     unreadable, or was not returned.
    Mono<Map<MemberId, Optional<Membership>>> memberships(GroupId group, Set<MemberId> members);

    /// Whether any current member is a device of this user.
    Mono<Boolean> hasDeviceOf(GroupId group, UserPseudonym owner);

    Mono<Optional<GroupRules>> policy(GroupId group);

    /// The stored GroupInfo. It is of an earlier epoch than the group's if later commits had none.
    ///
    /// @return empty when the group does not exist, or never had a GroupInfo
    Mono<Optional<StoredGroupInfo>> groupInfo(GroupId group);

    /// Stores a GroupInfo of the current epoch in place of the stored one, if the group is in the
    /// epoch of `groupInfo`, the log has this incarnation, and no void is after the position `seen`:
    /// after a void an epoch may begin a second time. Storing it and extending the lives of
    /// its blobs is one atomic step. No entry refers to these blobs, so a former member gets none
    /// of them. The same GroupInfo may be stored again.
    Mono<GroupInfoOutcome> fileGroupInfo(
            GroupId group, Bytes incarnation, long seen, StoredGroupInfo groupInfo);

    /// Sends a message to the current followers of the group, on every node; stores nothing.
    Mono<Void> relay(LogNotice.EphemeralMessage ephemeral);

    /// The events of a group from the subscription on, from any node. The first notice is a
    /// [LogNotice.CheckTail]. It arrives when the subscription is established, so that a follower
    /// that then reads from its own position misses nothing. Another Check arrives whenever notices
    /// may have been lost. Completes immediately when the group does not exist.
    Flux<LogNotice> follow(GroupId group);

    /// Groups that may have unreleased Welcomes: on subscription those left by a crash, then each
    /// group whose append contained one. May repeat.
    Flux<GroupId> welcomesPending();

    /// Maximum number of Welcomes that [#pendingWelcomes] returns at a time; each has at most one
    /// MiB.
    int WELCOMES_MAX = 8;

    /// The first Welcomes of accepted commits that are not yet marked as released, by position, at
    /// most [#WELCOMES_MAX]. If it returns that many, there may be more.
    Mono<List<PendingWelcome>> pendingWelcomes(GroupId group);

    /// Deletes the Welcomes of the commits at these positions, which are in their joiners' inboxes.
    Mono<Void> welcomesReleased(GroupId group, List<Long> positions);

    /// Maximum number of entries that [#trim] keeps in addition to those that a limit in bytes
    /// keeps: a store may delete by bytes in steps.
    int TRIM_STEP_MAX = 2_048;

    /// Deletes the oldest entries: those older than `age` by the store's clock, those before the
    /// bytes that the group's policy keeps ([GroupRules#retentionBytes]), and more while the log
    /// exceeds its byte limit. The newest entry is always kept.
    ///
    /// @return the number of deleted entries
    Mono<Long> trim(GroupId group, Duration age);

    /// Trims groups that are due by [SweepSchedule], whether anybody uses them or not. Each call
    /// looks at some of the groups, in turn. Nodes that sweep at one time get different groups.
    /// If a node stops while it sweeps a group, the group is due again some minutes later.
    ///
    /// @param stepsMax after this many steps no further group is swept; a step examines a group, or
    ///     deletes a bounded number of its entries
    Mono<SweepOutcome> sweep(int stepsMax);

    /// Deletes a group, with its blobs and everything else that the store keeps of it. The first
    /// step decides: after it nothing is read of the group or appended to it, and its followers
    /// complete. Until the last step a [#create] of the group fails. If the node stops meanwhile, a
    /// later [#sweep] completes the deletion. A group without current members is deleted by the
    /// sweep, when its newest entry has expired.
    ///
    /// What can still be written by a call that began before, expires by itself: an upload of a
    /// blob in an hour, a staged roster change in ten minutes.
    Mono<DeleteOutcome> delete(GroupId group, DeleteCondition condition);

    /// How long a group is in the register after its last trouble.
    Duration TROUBLES_REMEMBERED = Duration.ofDays(31);

    /// Counts troubles of a group, in a register that all nodes share. It is apart from the append:
    /// if the node stops between, they are not counted. A commit without a GroupInfo is none while
    /// no GroupInfo is stored. The register is bounded: the groups without troubles for the longest
    /// time leave it first.
    Mono<Void> noteTroubles(GroupId group, List<Trouble> troubles);

    /// @return [GroupTroubles#NONE] for a group that is not in the register
    Mono<GroupTroubles> troubles(GroupId group);

    /// A page of the register. A group whose troubles are counted meanwhile moves to the front, and
    /// may be on two pages, or on none.
    ///
    /// @param after the cursor of the page; empty for the first one
    /// @param countMax most groups of the page; it may have fewer, although there is a next one
    /// @throws IllegalArgumentException if this is no cursor
    Mono<TroubledGroups> troubledGroups(String after, int countMax);

    /// How long a deletion is remembered.
    Duration DELETIONS_REMEMBERED = Duration.ofDays(31);

    /// Whether a group was deleted under this incarnation, in the last [#DELETIONS_REMEMBERED] and
    /// among the last 65,536 deletions. If a group that somebody knows is absent for another
    /// reason, the store has lost it.
    ///
    /// @param incarnation 16 bytes
    Mono<Boolean> isDeleted(GroupId group, Bytes incarnation);
}
