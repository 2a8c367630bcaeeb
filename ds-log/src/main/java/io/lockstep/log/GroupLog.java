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

/// The durable, ordered log of every group: the seam of the service. Every implementation passes
/// `GroupLogContract`.
///
/// What it gives: an append is atomic and happens only on the tail its caller has seen (I1, I2); what a
/// Mono brings, and what a follower is told, is durable (I3). Errors: a Mono fails with
/// [LogUnavailableException]. Its [Effect] tells whether the append may have happened; where that is unknown, it
/// stays unknown until the group is read again.
public interface GroupLog {
    /// The tree's blob must be there; its life is extended in the same step.
    Mono<CreateOutcome> create(GroupId group, NewGroup newGroup);

    /// @param recentMax how many of the newest entries to bring along
    /// @return empty when there is no such group
    Mono<GroupSnapshot> load(GroupId group, int recentMax);

    /// Appends the batch if the log ends exactly at `expected`: entries, resend keys, roster, GroupInfo,
    /// pending Welcomes, epoch change, and longer lives of the blobs referred to ([BlobStore]) in one atomic
    /// step, all or nothing.
    ///
    /// @param batch one or more entries that continue `expected` densely; [NewEntry#checkDense] holds
    Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch);

    /// Entries after a position, oldest first.
    ///
    /// @param countMax at most so many entries
    /// @param bytesMax stops after the entry whose message bytes reach this; always brings at least one
    Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax);

    /// @return empty when there is no such group
    Mono<GroupTail> tail(GroupId group);

    /// Where a message with these bytes was appended (invariant I4): exact for every entry that was accepted
    /// within [LogLimits#resendWindow], retained or not.
    ///
    /// @param epoch the epoch in the message's header
    /// @param sha256 hash of the message bytes
    Mono<OptionalLong> find(GroupId group, long epoch, Bytes sha256);

    /// @return empty when there is no such group or this was never a member
    Mono<Optional<Membership>> membership(GroupId group, MemberId member);

    /// The same for several at once, in one question.
    ///
    /// @return for each of whom there was an answer; empty when there is no such group or it was never a member.
    ///     Who is missing may be a member: what is stored of it cannot be read, or was not told
    Mono<Map<MemberId, Optional<Membership>>> memberships(GroupId group, Set<MemberId> members);

    /// Whether any current member is a device of this user.
    Mono<Boolean> hasDeviceOf(GroupId group, OwnerId owner);

    Mono<Optional<GroupPolicy>> policy(GroupId group);

    /// @return empty when there is no such group, or its newest commit brought no GroupInfo
    Mono<Optional<StoredGroupInfo>> groupInfo(GroupId group);

    /// Shows a message to those who follow the group now, on every node; stores nothing.
    Mono<Void> relay(LogNotice.Ephemeral ephemeral);

    /// What happens in a group from the subscription on, on whichever node. The first notice is a
    /// [LogNotice.Check] and comes when the subscription stands, so that a follower who reads
    /// from its own position after it misses nothing. Another comes whenever notices may have been lost.
    /// Completes at once when there is no such group.
    Flux<LogNotice> follow(GroupId group);

    /// Groups that may hold Welcomes not yet released: on subscription those left behind by a crash,
    /// then each group whose append brought one. May repeat.
    Flux<GroupId> welcomesPending();

    /// How many Welcomes [#pendingWelcomes] brings at a time; each has a MiB at most.
    int WELCOMES_MAX = 8;

    /// Of the Welcomes of accepted commits that are not yet marked released some, [#WELCOMES_MAX] at most, by
    /// position. When there are so many there may be more.
    Mono<List<PendingWelcome>> pendingWelcomes(GroupId group);

    /// Forgets the Welcomes of commits at these positions: they are in their joiners' inboxes.
    Mono<Void> welcomesReleased(GroupId group, List<Long> positions);

    /// Deletes the oldest entries: those that are older than `age` by the store's clock, and more while the
    /// log holds more bytes than it may. The newest entry is always kept.
    ///
    /// @return how many entries were deleted
    Mono<Long> trim(GroupId group, Duration age);
}
