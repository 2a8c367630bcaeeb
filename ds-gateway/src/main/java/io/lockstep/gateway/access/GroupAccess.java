package io.lockstep.gateway.access;

import io.lockstep.auth.ClientId;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.Membership;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/// Decides whether a client may use a group's GroupInfo and blobs, over HTTP or in a submission by
/// reference, by the group's current roster and policy (invariant I9). Stateless.
public final class GroupAccess {
    private final GroupLog log;
    private final KnownIncarnations remembered;
    private final Pseudonyms pseudonyms;
    private final SubmissionRateLimiter rates;

    /// @param remembered the groups that this node has seen
    /// @param rates a client that was refused too often is refused without a query to the log
    public GroupAccess(
            GroupLog log,
            KnownIncarnations remembered,
            Pseudonyms pseudonyms,
            SubmissionRateLimiter rates) {
        this.log = log;
        this.remembered = remembered;
        this.pseudonyms = pseudonyms;
        this.rates = rates;
    }

    /// The result of the check.
    public sealed interface AccessResult {
        /// A member, or a client that may join by itself.
        record Granted() implements AccessResult {}

        /// A former member that may not join by itself. The log up to `lastVisible` was shown to
        /// it.
        record FormerMemberAccess(long lastVisible) implements AccessResult {}

        /// The code is `rate_limited` if the client was refused too often: then nothing was looked
        /// up. It is `group_frozen` if the store has lost the group's history.
        record NoAccess(Code code) implements AccessResult {}

        /// The refusal of an operation that only members and possible joiners may use; empty if
        /// allowed.
        default Optional<Code> refusal() {
            return switch (this) {
                case Granted _ -> Optional.empty();
                case FormerMemberAccess _ -> Optional.of(Code.REMOVED);
                case NoAccess(var code) -> Optional.of(code);
            };
        }
    }

    public Mono<AccessResult> of(GroupId group, ClientId client) {
        return counted(group, client, withPolicy(group, policy -> of(group, client, policy)));
    }

    /// The access of a member: a client that may only join by itself has none.
    public Mono<AccessResult> ofMember(GroupId group, ClientId client) {
        return counted(
                group,
                client,
                withPolicy(
                        group,
                        _ ->
                                membership(group, client)
                                        .map(membership ->
                                                isCurrent(membership)
                                                        ? new AccessResult.Granted()
                                                        : outside(membership, Code.NOT_A_MEMBER))));
    }

    private Mono<AccessResult> counted(GroupId group, ClientId client, Mono<AccessResult> found) {
        return Mono.defer(() ->
                rates.delayAfterFailures(client).isPresent()
                        ? Mono.just(new AccessResult.NoAccess(Code.RATE_LIMITED))
                        : found.flatMap(access -> orFrozen(group, access))
                                .doOnNext(access -> count(client, access)));
    }

    /// The refusal of a store that has lost the group's history does not count: the client may have
    /// access. It would also settle what the client has sent before.
    private Mono<AccessResult> orFrozen(GroupId group, AccessResult found) {
        var known = remembered.incarnation(group);
        return found instanceof AccessResult.NoAccess && known.isPresent()
                ? log.tail(group)
                        .map(tail -> !known.get().equals(tail.last().incarnation()))
                        .defaultIfEmpty(true)
                        .flatMap(differs -> differs ? isLost(group, known.get()) : Mono.just(false))
                        .map(lost -> lost ? new AccessResult.NoAccess(Code.GROUP_FROZEN) : found)
                : Mono.just(found);
    }

    /// A group that was deleted is not lost.
    private Mono<Boolean> isLost(GroupId group, Bytes incarnation) {
        return log.isDeleted(group, incarnation).map(deleted -> !deleted);
    }

    private void count(ClientId client, AccessResult found) {
        if (found instanceof AccessResult.NoAccess(var code)) {
            rates.refused(client, code);
        }
    }

    private Mono<AccessResult> withPolicy(
            GroupId group, Function<GroupRules, Mono<AccessResult>> next) {
        return log.policy(group)
                .switchIfEmpty(noAnswer("policy", group))
                .flatMap(policy ->
                        policy.isEmpty()
                                ? Mono.just(new AccessResult.NoAccess(Code.UNKNOWN_GROUP))
                                : next.apply(policy.get()));
    }

    private Mono<Optional<Membership>> membership(GroupId group, ClientId client) {
        return log.membership(group, pseudonyms.member(group, client))
                .switchIfEmpty(noAnswer("membership", group));
    }

    private static boolean isCurrent(Optional<Membership> membership) {
        return membership.map(Membership::isCurrent).orElse(false);
    }

    /// The access of a client that is no member now.
    ///
    /// @param stranger the refusal if it never was one
    private static AccessResult outside(Optional<Membership> membership, Code stranger) {
        return membership
                .<AccessResult>map(m -> new AccessResult.FormerMemberAccess(m.lastVisible()))
                .orElseGet(() -> new AccessResult.NoAccess(stranger));
    }

    /// Whether the client is a member now; false if there is no such group.
    public Mono<Boolean> isMember(GroupId group, ClientId client) {
        return membership(group, client).map(GroupAccess::isCurrent);
    }

    private Mono<AccessResult> of(GroupId group, ClientId client, GroupRules policy) {
        return membership(group, client)
                .flatMap(membership ->
                        isCurrent(membership)
                                ? Mono.just(new AccessResult.Granted())
                                : outsider(group, client, policy, membership));
    }

    private Mono<AccessResult> outsider(
            GroupId group, ClientId client, GroupRules policy, Optional<Membership> membership) {
        var outside = outside(membership, Code.JOIN_NOT_ALLOWED);
        var ownerIsThere =
                policy.asksForDevices()
                        ? log.hasDeviceOf(group, pseudonyms.owner(group, client.user()))
                                .switchIfEmpty(noAnswer("devices", group))
                        : Mono.just(false);
        return ownerIsThere.map(
                there -> policy.letsJoin(there) ? new AccessResult.Granted() : outside);
    }

    /// A store that completes without a value does not prove that the group is absent or that the
    /// client is no member.
    private static <T> Mono<T> noAnswer(String asked, GroupId group) {
        return Mono.error(() -> new LogUnavailableException(asked, group, null));
    }
}
