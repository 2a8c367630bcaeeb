package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.gateway.access.GroupAccess.AccessResult;
import io.lockstep.gateway.access.Postponement;
import io.lockstep.gateway.submission.CommitNames;
import io.lockstep.gateway.submission.GroupInfoRule;
import io.lockstep.gateway.submission.ParsedSubmission;
import io.lockstep.gateway.submission.SubmissionParser;
import io.lockstep.log.BlobQuotaExceededException;
import io.lockstep.log.BlobReference;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The look-ups that a submission needs before it can go to ordering: its joiners, its blobs, and
/// the check of its GroupInfo. Stateless.
final class SubmissionLookups {
    private static final Logger LOG = LoggerFactory.getLogger(SubmissionLookups.class);

    /// A store that completes without a value does not prove that all can be added. No error: one
    /// that comes after the time limit would be logged as dropped.
    private static final Optional<Code> NO_ANSWER = Optional.of(Code.UNAVAILABLE);

    private final SessionContext context;
    private final SubmissionParser parser;

    SubmissionLookups(SessionContext context, SubmissionParser parser) {
        this.context = context;
        this.parser = parser;
    }

    /// The result of a look-up.
    sealed interface LookupOutcome {
        /// @param joined the clients that its Welcome makes members
        record LookedUp(Submission submission, Set<ClientId> joined) implements LookupOutcome {
            public LookedUp {
                joined = Set.copyOf(joined);
            }
        }

        record LookupRefused(Refusal refusal) implements LookupOutcome {}

        record LookupPostponed(Postponement postponed) implements LookupOutcome {}

        /// A submission that makes nobody a member, besides its author.
        static LookupOutcome found(Submission submission) {
            return new LookedUp(submission, Set.of());
        }

        static LookupOutcome not(Code code) {
            return new LookupRefused(Refusal.of(code));
        }
    }

    /// The result within the time limit. Without one, `unavailable`: nothing went to ordering.
    static Mono<LookupOutcome> within(GroupId group, Duration time, Mono<LookupOutcome> lookup) {
        return lookup.timeout(time)
                .switchIfEmpty(noAnswer())
                .onErrorResume(error -> Mono.just(notFound(group, error)));
    }

    private static <T> Mono<T> noAnswer() {
        return Mono.error(() -> new TimeoutException("the store gave no answer"));
    }

    private static LookupOutcome notFound(GroupId group, Throwable error) {
        if (error instanceof DirectoryUnavailableException
                || error instanceof LogUnavailableException
                || error instanceof TimeoutException) {
            LOG.warn("group {}: the look-up for a submission failed: {}", group, error.toString());
            return LookupOutcome.not(Code.UNAVAILABLE);
        }
        if (error instanceof BlobQuotaExceededException) {
            return LookupOutcome.not(Code.GROUP_BLOBS_FULL);
        }
        LOG.error("group {}: the look-up for a submission failed", group, error);
        return LookupOutcome.not(Code.INTERNAL);
    }

    /// Looks up the joiners of a member's commit. Only for a member: the names in a commit cost
    /// look-ups, and bind KeyPackages to its group before it is appended. Ordering refuses the commits of all others with
    /// the correct code, and also an external commit that adds anyone but its author.
    Mono<LookupOutcome> resolve(ParsedSubmission.Unresolved parsed) {
        var commit = parsed.commit();
        if (commit.external() || parsed.addsNobody()) {
            return Mono.defer(() -> withRoster(parsed, Set.of(), Optional.empty()))
                    .subscribeOn(Schedulers.boundedElastic());
        }
        return byMembership(
                commit.group(), Mono.defer(() -> resolveJoiners(parsed)), notAMember(commit));
    }

    /// Refuses a member, because a quota of the group is used up. To all others ordering gives the
    /// correct code: nobody else learns what is going on in a group (invariant I9).
    Mono<LookupOutcome> unlessMember(
            GroupId group, Postponement postponed, Mono<LookupOutcome> otherwise) {
        return byMembership(
                group, Mono.just(new LookupOutcome.LookupPostponed(postponed)), otherwise);
    }

    /// Refuses an author that would join one group too many. A member that joins again is a member
    /// of no more groups than before.
    Mono<LookupOutcome> ifMember(
            GroupId group, Postponement postponed, Mono<LookupOutcome> otherwise) {
        return byMembership(
                group, otherwise, Mono.just(new LookupOutcome.LookupPostponed(postponed)));
    }

    private Mono<LookupOutcome> byMembership(
            GroupId group, Mono<LookupOutcome> ofMember, Mono<LookupOutcome> ofOthers) {
        return context.access()
                .isMember(group, parser.client())
                .flatMap(isMember -> isMember ? ofMember : ofOthers);
    }

    /// Ordering gives the commit of a client that is no member the correct code.
    private static Mono<LookupOutcome> notAMember(Submission.CommitSubmission commit) {
        return Mono.just(LookupOutcome.found(commit.withJoinersRefused(Code.NOT_A_MEMBER)));
    }

    private Mono<LookupOutcome> resolveJoiners(ParsedSubmission.Unresolved parsed) {
        return owners(parsed.joiners())
                .flatMap(owners -> {
                    var joiners = Set.copyOf(owners.values());
                    return refusal(parsed, owners.keySet(), joiners)
                            .flatMap(why -> why.isPresent() ? Mono.just(why) : bound(parsed))
                            .publishOn(Schedulers.boundedElastic())
                            .flatMap(why -> withRoster(parsed, joiners, why));
                });
    }

    private Mono<Map<Bytes, ClientId>> owners(List<Bytes> refs) {
        return refs.isEmpty()
                ? Mono.just(Map.of())
                : context.services().keyPackageStore().owners(refs);
    }

    /// The refusal if some client that the commit adds cannot join, or must not be added by this
    /// one; empty if all can. Nothing is bound before: who must not add a client must not use up
    /// its KeyPackages.
    ///
    /// @param joiners owners of the KeyPackages that the Welcome names
    private Mono<Optional<Code>> refusal(
            ParsedSubmission.Unresolved parsed, Set<Bytes> known, Set<ClientId> joiners) {
        if (!known.containsAll(parsed.joiners())) {
            return Mono.just(Optional.of(Code.UNKNOWN_KEY_PACKAGE));
        }
        var added = new HashSet<>(parsed.declared().add());
        added.addAll(joiners);
        var store = context.services().keyPackageStore();
        return Mono.zip(
                        refusing(joiners),
                        store.gone(added),
                        shareUsed(joiners),
                        context.quotas().withoutMemberships(joiners))
                .map(found -> firstOf(found.getT1(), found.getT2(), found.getT3(), found.getT4()))
                .defaultIfEmpty(NO_ANSWER);
    }

    private static Optional<Code> firstOf(
            Set<String> refusing,
            Set<ClientId> gone,
            Set<ClientId> shareUsed,
            Set<ClientId> withoutMemberships) {
        if (!refusing.isEmpty()) {
            return Optional.of(Code.ADD_NOT_ALLOWED);
        }
        if (!gone.isEmpty()) {
            return Optional.of(Code.JOINER_REVOKED);
        }
        return shareUsed.isEmpty() && withoutMemberships.isEmpty()
                ? Optional.empty()
                : Optional.of(Code.QUOTA_EXCEEDED);
    }

    /// The users that do not let this one add their clients.
    private Mono<Set<String>> refusing(Set<ClientId> joiners) {
        var users = joiners.stream().map(ClientId::user).collect(Collectors.toSet());
        users.remove(parser.client().user());
        return users.isEmpty()
                ? Mono.just(Set.of())
                : context.services().keyPackageStore().refusing(parser.client().user(), users);
    }

    /// The clients of other users whose inboxes take no more Welcomes from this user.
    private Mono<Set<ClientId>> shareUsed(Set<ClientId> joiners) {
        var user = parser.client().user();
        var others =
                joiners.stream()
                        .filter(joiner -> !joiner.user().equals(user))
                        .collect(Collectors.toSet());
        return others.isEmpty()
                ? Mono.just(Set.of())
                : context.services()
                        .inbox()
                        .shareUsed(context.services().pseudonyms().sender(user), others);
    }

    /// Binds the KeyPackages to the group of the commit.
    ///
    /// @return the refusal if another group has one of them; empty if all are bound
    private Mono<Optional<Code>> bound(ParsedSubmission.Unresolved parsed) {
        if (parsed.joiners().isEmpty()) {
            return Mono.just(Optional.empty());
        }
        return context.services()
                .keyPackageStore()
                .joining(parsed.commit().group(), parsed.joiners())
                .map(recipients -> {
                    if (!recipients.used().isEmpty()) {
                        return Optional.of(Code.KEY_PACKAGE_USED);
                    }
                    return recipients.owners().keySet().containsAll(parsed.joiners())
                            ? Optional.<Code>empty()
                            : Optional.of(Code.UNKNOWN_KEY_PACKAGE);
                })
                .defaultIfEmpty(NO_ANSWER);
    }

    private Mono<LookupOutcome> withRoster(
            ParsedSubmission.Unresolved parsed, Set<ClientId> joiners, Optional<Code> refusal) {
        if (refusal.equals(NO_ANSWER)) {
            return Mono.just(LookupOutcome.not(Code.UNAVAILABLE));
        }
        var names = parser.names(parsed.commit(), parsed.declared(), joiners);
        var commit = parser.withRoster(parsed.commit(), parsed.declared(), joiners, names);
        var outcome =
                checked(
                        refusal.map(commit::withJoinersRefused).orElse(commit),
                        joiners,
                        parsed.newEpoch().groupInfo(),
                        parsed.newEpoch().tree());
        boolean appended = refusal.isEmpty() && outcome instanceof LookupOutcome.LookedUp;
        return appended && !names.isInline()
                ? storeNames(commit, names, outcome)
                : Mono.just(outcome);
    }

    /// Stores the names of a long roster change as a blob of the group. Only for a member; ordering
    /// refuses an external commit with that many names.
    private Mono<LookupOutcome> storeNames(
            Submission.CommitSubmission commit, CommitNames names, LookupOutcome outcome) {
        if (commit.external()) {
            return Mono.just(outcome);
        }
        return byMembership(
                commit.group(),
                Mono.defer(() -> store(commit.group(), names.stored()).thenReturn(outcome)),
                notAMember(commit));
    }

    private static LookupOutcome checked(
            Submission submission, Set<ClientId> joined, Bytes groupInfo, Bytes tree) {
        return GroupInfoRule.broken(groupInfo, tree)
                .<LookupOutcome>map(detail ->
                        new LookupOutcome.LookupRefused(
                                new Refusal(Code.INVALID_GROUP_INFO, detail)))
                .orElseGet(() -> new LookupOutcome.LookedUp(submission, joined));
    }

    /// Fetches the blobs that a submission refers to, unless the client has no access to the group.
    Mono<LookupOutcome> fetch(ParsedSubmission.NeedsBlobs parsed) {
        return context.access()
                .of(parsed.group(), parser.client())
                .flatMap(access ->
                        switch (access) {
                            case AccessResult.Granted _ ->
                                    context.blobs()
                                            .inTurn(
                                                    store(parsed.group(), parsed.stored())
                                                            .then(fetchAndRead(parsed)));
                            case AccessResult.FormerMemberAccess(var lastVisible) ->
                                    fetchForResend(parsed, lastVisible);
                            case AccessResult.NoAccess(var code) ->
                                    Mono.just(LookupOutcome.not(code));
                        });
    }

    /// A removed client may resend what it sent before, to learn its outcome, and nothing else.
    /// What was accepted then refers to blobs that the client was shown.
    private Mono<LookupOutcome> fetchForResend(
            ParsedSubmission.NeedsBlobs parsed, long lastVisible) {
        return Flux.fromIterable(parsed.references())
                .concatMap(reference -> context.blobs().info(parsed.group(), reference.sha256()))
                .filter(info -> info.isShownUpTo(lastVisible))
                .count()
                .flatMap(shown ->
                        shown == parsed.references().size()
                                ? context.blobs().inTurn(fetchAndRead(parsed))
                                : Mono.fromSupplier(this::removed));
    }

    private LookupOutcome removed() {
        context.rates().refused(parser.client(), Code.REMOVED);
        return LookupOutcome.not(Code.REMOVED);
    }

    private Mono<LookupOutcome> fetchAndRead(ParsedSubmission.NeedsBlobs parsed) {
        return Flux.fromIterable(parsed.references())
                .concatMap(reference ->
                        context.blobs()
                                .get(parsed.group(), reference.sha256())
                                .map(bytes -> Map.entry(reference, bytes)))
                .collectList()
                .publishOn(Schedulers.boundedElastic())
                .flatMap(fetched -> read(parsed, fetched));
    }

    private Mono<LookupOutcome> read(
            ParsedSubmission.NeedsBlobs parsed, List<Map.Entry<BlobReference, Bytes>> fetched) {
        if (fetched.size() < parsed.references().size()) {
            return Mono.just(LookupOutcome.not(Code.UNKNOWN_REFERENCE));
        }
        var contents = new HashMap<Bytes, Bytes>();
        for (var one : fetched) {
            if (one.getKey().size() != one.getValue().size()) {
                return Mono.just(LookupOutcome.not(Code.REFERENCE_MISMATCH));
            }
            contents.put(one.getKey().sha256(), one.getValue());
        }
        return switch (parsed.then().read(new ParsedSubmission.FetchedBlobs(contents))) {
            case ParsedSubmission.Complete(var submission) ->
                    Mono.just(LookupOutcome.found(submission));
            case ParsedSubmission.Unresolved unresolved -> resolve(unresolved);
            case ParsedSubmission.ParseRefused(var refusal) ->
                    Mono.just(new LookupOutcome.LookupRefused(refusal));
            case ParsedSubmission.RefusedInGroup(_, var refusal) ->
                    Mono.just(new LookupOutcome.LookupRefused(refusal));
            case ParsedSubmission.NeedsBlobs _, ParsedSubmission.UncheckedCreate _ ->
                    throw new IllegalStateException("all blobs were fetched already");
        };
    }

    private Mono<Void> store(GroupId group, List<Bytes> contents) {
        return Flux.fromIterable(contents)
                .concatMap(content -> context.blobs().put(group, content.sha256(), content))
                .then();
    }

    /// Stores a new group's tree before the group exists; never into an existing group.
    Mono<LookupOutcome> checkCreate(ParsedSubmission.UncheckedCreate unchecked) {
        var create = unchecked.create();
        return Mono.fromSupplier(() ->
                        checked(
                                unchecked.withTree(),
                                Set.of(),
                                create.groupInfo(),
                                unchecked.tree()))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(found ->
                        found instanceof LookupOutcome.LookedUp && !unchecked.tree().isEmpty()
                                ? storeTree(unchecked).map(LookupOutcome::found)
                                : Mono.just(found));
    }

    private Mono<Submission> storeTree(ParsedSubmission.UncheckedCreate unchecked) {
        var group = unchecked.create().group();
        return context.services()
                .log()
                .policy(group)
                .defaultIfEmpty(Optional.empty())
                .flatMap(policy ->
                        policy.isPresent()
                                ? Mono.just(unchecked.create())
                                : store(group, List.of(unchecked.tree()))
                                        .then(Mono.fromSupplier(unchecked::withTree)));
    }
}
