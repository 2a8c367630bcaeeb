package io.lockstep.client.member;

import io.lockstep.client.Acceptance;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.DirectoryClient.DeviceKeyPackage;
import io.lockstep.client.LogCursor;
import io.lockstep.client.RefusedException;
import io.lockstep.client.ServerRefusal;
import io.lockstep.client.member.SavedDevice.SavedConversation;
import io.lockstep.client.mls.MlsException;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.Processed;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.client.mls.MlsGroup.TreeLocation;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.CommitsVoided;
import io.lockstep.wire.proto.ControlEntry;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.PolicyChanged;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// One device's membership in one group: the MLS group, the cursor in its log, and open commits and
/// messages. It applies deliveries in the order of the log. An own commit takes effect when the log
/// delivers it, and is made again when another commit won the epoch.
///
/// ```java
/// Conversation team = alice.createGroup(id, policy).block();
/// team.add(alice.client().directory().claim("bob", List.of(1), "").block().claimed()).block();
/// team.send(plaintext).block();
/// ```
///
/// Invariant: the MLS group's state is the result of applying the log up to [#applied].
public final class Conversation {
    private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);

    /// Limit of lost attempts in a row: more of them point to another fault.
    private static final int REBASES_MAX = 1000;

    private static final int REENCRYPTIONS_MAX = 20;

    /// Each attempt waits twice as long as the one before: a minute in all.
    private static final int RETURNS_MAX = 7;

    private static final Duration FIRST_RETURN = Duration.ofMillis(500);

    /// An own commit that was accepted.
    ///
    /// @param epoch the epoch that it began
    /// @param refused number of attempts that lost before it
    public record Committed(long position, long epoch, int refused) {}

    /// From this many members on, the tree travels separately from the Welcome, once for all
    /// joiners.
    private static final int TREE_APART_FROM = 16;

    private final MemberDevice device;
    private final Map<Bytes, CommitIntent> intents = new HashMap<>();

    /// Commits of this epoch with an unknown outcome. The log settles it, or the server's answer
    /// when it gets the same bytes again. Their staged epochs are kept until then.
    private final Map<Bytes, CommitBundle> unsettled = new LinkedHashMap<>();

    private final OwnPlaintexts ownMessages = new OwnPlaintexts();
    private final OwnProposals ownProposals = new OwnProposals();
    private final StalledCommit stalled = new StalledCommit();
    private final DepartedMembers departed = new DepartedMembers();
    private final CatchUpWaiters waiters;
    private MlsGroup group;
    private LogCursor cursor;
    private boolean removed;
    private boolean rejoining;

    /// Whether the device is caught up and attached, or was removed.
    private boolean live;

    /// While the device cannot follow the log: the cursor before the first entry that it could not
    /// process. A process that starts again from the store must see that entry again.
    private @Nullable LogCursor cannotFollowAfter;

    /// Attempts to attach again after a commit that this device cannot process removed it.
    private int returns;

    Conversation(MemberDevice device, MlsGroup group, LogCursor cursor) {
        this.device = device;
        waiters = device.waiters();
        this.group = group;
        this.cursor = cursor;
    }

    Conversation(MemberDevice device, MlsGroup group, SavedConversation saved) {
        this(device, group, saved.cursor());
        removed = saved.removed();
        ownMessages.restore(saved.ownMessages());
        ownProposals.restore(saved.ownProposals());
        departed.restore(saved.departed());
    }

    SavedConversation saved() {
        return new SavedConversation(
                cannotFollowAfter != null ? cannotFollowAfter : cursor,
                removed,
                ownMessages.all(),
                ownProposals.all(),
                departed.all());
    }

    MlsGroup group() {
        return group;
    }

    LogCursor cursor() {
        return cursor;
    }

    public GroupId id() {
        return group.id();
    }

    public MemberDevice device() {
        return device;
    }

    /// Returns the current epoch. Call on the engine thread.
    public long epoch() {
        return group.epoch();
    }

    /// Returns the epoch authenticator. Call on the engine thread.
    public Bytes epochAuthenticator() {
        return group.epochAuthenticator();
    }

    /// Returns the last applied position. Call on the engine thread.
    public long applied() {
        return cursor.position();
    }

    /// Returns the identities of the members. Call on the engine thread.
    public List<Bytes> members() {
        return group.members();
    }

    /// Whether a commit removed this device. Call on the engine thread.
    public boolean isRemoved() {
        return removed;
    }

    /// The position of the commit that this device cannot process, until it is void or the device has
    /// joined again. Call on the engine thread.
    ///
    /// @return empty for a healthy group
    public OptionalLong brokenAt() {
        if (stalled.isStalled()) {
            return OptionalLong.of(stalled.position());
        }
        var after = cannotFollowAfter;
        return after == null ? OptionalLong.empty() : OptionalLong.of(after.position() + 1);
    }

    /// A snapshot of this device's position and epoch in the group.
    public record ConversationStatus(
            long applied, long epoch, Bytes epochAuthenticator, boolean removed) {}

    /// Returns a snapshot of this device's position and epoch in the group.
    public Mono<ConversationStatus> standing() {
        return device.engine().call(_ -> standingNow());
    }

    // --- Sending ---

    /// Encrypts and sends a message. If the server refuses its epoch as too old, encrypts it again
    /// in the current epoch.
    public Mono<Acceptance> send(Bytes plaintext) {
        return device.engine().begin(sink -> sendOnce(plaintext, REENCRYPTIONS_MAX, sink));
    }

    private void sendOnce(Bytes plaintext, int attemptsLeft, MonoSink<Acceptance> sink) {
        try {
            var message = group.encrypt(plaintext, Bytes.EMPTY);
            ownMessages.sent(message.sha256(), plaintext);
            // Save first: the message's key must not be used twice.
            device.save();
            device.client()
                    .send(id(), message)
                    .subscribe(
                            sink::success,
                            e ->
                                    device.engine()
                                            .execute(() ->
                                                    sendRefused(
                                                            plaintext,
                                                            message,
                                                            attemptsLeft,
                                                            e,
                                                            sink)));
        } catch (RuntimeException | Error e) {
            // Of the store, too. Catch errors too: the caller waits for an outcome.
            sink.error(e);
        }
    }

    private void sendRefused(
            Bytes plaintext,
            Bytes message,
            int attemptsLeft,
            Throwable why,
            MonoSink<Acceptance> sink) {
        boolean tooOld = isOfAnotherEpoch(why);
        if (!tooOld && FailureClassifier.isUnknown(why)) {
            ownMessages.unsettled(message.sha256());
        } else {
            ownMessages.take(message.sha256());
        }
        if (attemptsLeft > 0 && tooOld && why instanceof RefusedException refused) {
            whenCaughtUp(
                    refused.refusal(),
                    () -> sendOnce(plaintext, attemptsLeft - 1, sink),
                    sink::error);
        } else {
            sink.error(why);
        }
    }

    /// Whether the message was of an epoch that is over, or void.
    private static boolean isOfAnotherEpoch(Throwable why) {
        return why instanceof RefusedException refused
                && (refused.is(Code.EPOCH_TOO_OLD) || refused.is(Code.EPOCH_FROM_THE_FUTURE));
    }

    /// Commits an Add of the owners of these KeyPackages.
    public Mono<Committed> add(List<DeviceKeyPackage> claimed) {
        return commit(
                Change.adding(claimed.stream().map(DeviceKeyPackage::keyPackage).toList()),
                List.of(),
                List.of());
    }

    /// Commits a Remove of a member, given as `user/device`.
    public Mono<Committed> remove(String member) {
        return commit(Change.removing(MemberDevice.identityOf(member)), List.of(), List.of(member));
    }

    /// Commits new keys for this device and nothing else.
    public Mono<Committed> update() {
        return commit(Change.NONE, List.of(), List.of());
    }

    /// Commits a change of the group and declares the change of its roster. Retries until the
    /// commit is accepted.
    ///
    /// If it fails with an unknown outcome ([RefusedException#isOutcomeUnknown], or a
    /// [io.lockstep.client.ClientClosedException]), the commit may still take effect. Then the log
    /// delivers it, also after a restart from the store, or the next commit first asks the server
    /// for its outcome.
    ///
    /// @param add clients that join in addition to the owners of the KeyPackages, as `user/device`
    /// @param remove clients that leave, as `user/device`
    public Mono<Committed> commit(Change change, List<String> add, List<String> remove) {
        return device.engine()
                .begin(sink -> attempt(new CommitIntent(change, add, remove, sink, () -> true)));
    }

    private void attempt(CommitIntent intent) {
        if (!unsettled.isEmpty()) {
            settle(unsettled.values().iterator().next(), intent);
            return;
        }
        if (!epochIsCertain()) {
            waiters.when(this::epochIsCertain, () -> attempt(intent), intent::fail);
            return;
        }
        if (!intent.isWanted()) {
            intent.fail(new MlsException("the change is not needed any more"));
            return;
        }
        try {
            var staged = group.stage(intent.change, treePlace(intent.change));
            intents.put(staged.commit().sha256(), intent);
            // Save first: if the commit is accepted after this process ended, the next process must
            // know it.
            device.save();
            var bundle =
                    new CommitBundle(
                            id(),
                            staged.commit(),
                            staged.welcome(),
                            staged.groupInfo(),
                            staged.ratchetTree(),
                            intent.add,
                            declaredRemovals(intent, staged),
                            applied());
            device.client()
                    .commit(bundle)
                    .subscribe(
                            accepted -> device.engine().execute(() -> won(intent, accepted)),
                            e -> device.engine().execute(() -> lost(intent, staged, bundle, e)));
        } catch (RuntimeException | Error e) {
            // Of the store, too. Catch errors too: the caller waits for an outcome.
            intent.fail(e);
        }
    }

    /// The clients that leave: those that the caller names, and those whose last leaf the commit
    /// removes, maybe by the proposal of another member.
    private List<String> declaredRemovals(CommitIntent intent, StagedCommit staged) {
        var names = new LinkedHashSet<>(intent.remove);
        group.removedBy(staged).stream()
                .filter(DeclaredRoster::isClient)
                .map(MemberDevice::nameOf)
                .forEach(names::add);
        return List.copyOf(names);
    }

    /// Sends the same bytes again to learn their outcome, then attempts the next intent.
    private void settle(CommitBundle bundle, CommitIntent next) {
        var sha256 = bundle.commit().sha256();
        device.client()
                .commit(bundle)
                .subscribe(
                        accepted ->
                                device.engine()
                                        .execute(() -> {
                                            unsettled.remove(sha256);
                                            whenApplied(
                                                    accepted.position(),
                                                    () -> attempt(next),
                                                    next::fail);
                                        }),
                        e -> device.engine().execute(() -> notSettled(sha256, e, next)));
    }

    private void notSettled(Bytes sha256, Throwable why, CommitIntent next) {
        if (FailureClassifier.isUnknown(why)) {
            next.fail(why);
            return;
        }
        unsettled.remove(sha256);
        if (why instanceof RefusedException refused
                && refused.refusal().retry() == RetryAdvice.AFTER_REBASE) {
            group.staged(sha256).ifPresent(group::drop);
            whenCaughtUp(refused.refusal(), () -> attempt(next), next::fail);
        } else {
            // This refusal does not tell the first attempt's outcome: the staged epoch stays until
            // the log tells it.
            attempt(next);
        }
    }

    private void whenApplied(long position, Runnable next, Consumer<RuntimeException> failed) {
        waiters.when(() -> removed || applied() >= position, next, failed);
    }

    /// Whether the group's epoch is the one that the next commit ends.
    private boolean epochIsCertain() {
        return removed || (!stalled.isStalled() && !rejoining);
    }

    private TreeLocation treePlace(Change change) {
        boolean apart =
                device.client().limits().blobBytesMax() > 0
                        && group.members().size() + change.add().size() >= TREE_APART_FROM;
        return apart ? TreeLocation.APART : TreeLocation.INSIDE;
    }

    private void won(CommitIntent intent, Acceptance accepted) {
        // The delivery may never come, if the device rejoined the group at a later position, or
        // deliveries have ended. The commit is accepted all the same.
        whenApplied(
                accepted.position(),
                () -> intent.complete(accepted.position(), accepted.epoch()),
                _ -> intent.complete(accepted.position(), accepted.epoch()));
    }

    private void lost(
            CommitIntent intent, StagedCommit staged, CommitBundle bundle, Throwable why) {
        var sha256 = staged.commit().sha256();
        intents.remove(sha256);
        if (FailureClassifier.isUnknown(why)) {
            if (group.staged(sha256).isPresent()) {
                unsettled.put(sha256, bundle);
            }
            intent.fail(why);
            return;
        }
        group.drop(staged);
        if (why instanceof RefusedException refused
                && (refused.refusal().retry() == RetryAdvice.AFTER_REBASE
                        || refused.is(Code.EPOCH_FROM_THE_FUTURE))
                && intent.refused < REBASES_MAX) {
            intent.refused++;
            device.listener().rebased(this, refused.refusal().position());
            whenCaughtUp(refused.refusal(), () -> attempt(intent), intent::fail);
        } else {
            intent.fail(why);
        }
    }

    /// Runs the task when the group has reached the refusal's position, and its epoch is certain: at
    /// once if the refusal brought all missed entries.
    private void whenCaughtUp(
            ServerRefusal refusal, Runnable next, Consumer<RuntimeException> failed) {
        waiters.when(
                () -> removed || (applied() >= refusal.position() && epochIsCertain()),
                next,
                failed);
    }

    // --- Receiving ---

    /// @return whether the entry is to be acknowledged now
    boolean on(Delivered delivered) {
        if (removed || delivered.position() <= applied()) {
            return true;
        }
        if (rejoining) {
            // Of the epochs that the device leaves behind. It must neither reject nor acknowledge
            // their commits: the fault is its own.
            return false;
        }
        var listener = device.listener();
        try {
            if (delivered.control().isPresent()) {
                control(delivered, delivered.control().get(), listener);
            } else if (!isOfStalledEpoch(delivered)) {
                apply(delivered, listener);
            }
        } catch (MlsException e) {
            listener.failed(this, delivered, e);
            if (delivered.kind() == EntryKind.COMMIT) {
                cannotFollow(delivered, e);
            }
        }
        if (stalled.isStalled() && delivered.confirms() >= stalled.position()) {
            rejoin();
        }
        cursor = delivered.cursor();
        if (delivered.withoutGroupInfo() && !removed) {
            device.groupInfos().missing(this);
        }
        device.changed();
        waiters.changed();
        return stalled.mayAcknowledge(delivered);
    }

    // --- Commits that this device cannot process, and voids ---

    /// Whether an entry is of an epoch that this device cannot follow: of the stalled commit's
    /// author, or lost to this device as it rejoins.
    private boolean isOfStalledEpoch(Delivered delivered) {
        return stalled.isStalled() && delivered.epoch() > group.epoch();
    }

    private void cannotFollow(Delivered commit, MlsException why) {
        if (!commit.provisional()) {
            rejoin();
            return;
        }
        stalled.begin(commit.position());
        cannotFollow();
        reject(commit.position(), String.valueOf(why.getMessage()));
    }

    private void cannotFollow() {
        if (cannotFollowAfter == null) {
            cannotFollowAfter = cursor;
        }
    }

    private void reject(long position, String reason) {
        device.client()
                .reject(id(), position, reason)
                .subscribe(
                        _ -> device.engine().execute(() -> rejectionAnswered(position)),
                        e -> device.engine().execute(() -> rejectionRefused(position, reason, e)));
    }

    private void rejectionAnswered(long position) {
        stalled.answered(position).ifPresent(device.client()::acknowledge);
    }

    /// Others follow the commit, or the group cannot void it.
    private void rejectionRefused(long position, String reason, Throwable why) {
        LOG.debug("group {}: the rejection of {} is refused: {}", id(), position, why.toString());
        if (!(why instanceof RefusedException refused)) {
            // The client is closed.
            return;
        }
        if (isForNow(refused) && stalled.position() == position) {
            // Not decided yet, so an acknowledgement would still confirm the commit.
            device.laterOrSo(FIRST_RETURN, () -> reject(position, reason));
            return;
        }
        rejectionAnswered(position);
        if (refused.is(Code.REMOVED) || refused.is(Code.NOT_A_MEMBER)) {
            return;
        }
        // The entries up to the refusal may contain the void.
        whenApplied(
                refused.refusal().position(),
                () -> {
                    if (stalled.position() == position) {
                        rejoin();
                    }
                },
                _ -> {});
    }

    private static boolean isForNow(RefusedException refused) {
        var retry = refused.refusal().retry();
        return retry == RetryAdvice.LATER || retry == RetryAdvice.TO_LEARN_OUTCOME;
    }

    private void control(Delivered delivered, ControlEntry control, MemberListener listener) {
        switch (control.getEventCase()) {
            case REJECTED ->
                    listener.commitRejected(
                            this,
                            control.getRejected().getPosition(),
                            control.getRejected().getReason());
            case VOIDED -> {
                goBack(control.getVoided());
                listener.commitsVoided(this, delivered, control.getVoided().getPosition());
            }
            case REINITIALIZED ->
                    listener.reinitialized(
                            this,
                            new GroupId(
                                    Bytes.of(control.getReinitialized().getSuccessorGroupId())));
            case FROZEN -> listener.frozen(this, delivered, control.getFrozen().getEvidence());
            case THAWED -> listener.thawed(this, delivered, control.getThawed().getEvidence());
            case POLICY_CHANGED -> policyChanged(delivered, control.getPolicyChanged());
            case MEMBER_LEFT -> memberLeft(delivered, control.getMemberLeft().getClient());
            case CONFIRMED, EVENT_NOT_SET -> {}
        }
    }

    /// If fewer rejections void a commit from now on, those before may be enough: the next one voids
    /// it.
    private void policyChanged(Delivered delivered, PolicyChanged changed) {
        if (stalled.isStalled()) {
            reject(stalled.position(), "rejected before, by another policy");
        }
        device.listener().policyChanged(this, delivered, changed.getPolicy(), changed.getClient());
    }

    /// Goes back to the epoch before the voided commits. If its state is gone, the device rejoins.
    private void goBack(CommitsVoided voided) {
        if (stalled.position() >= voided.getPosition()) {
            stalled.end();
            cannotFollowAfter = null;
            returns = 0;
        }
        unsettled.clear();
        if (group.epoch() > voided.getEpoch() && !group.rollback(voided.getEpoch())) {
            rejoin();
        }
        departed.all().forEach(this::removeLater);
    }

    /// Changes rules of the group's policy; those that are absent stay. Completes when this device
    /// has applied the change. Fails with `policy_change_not_allowed` if the policy does not let this
    /// device.
    public Mono<ConversationStatus> setPolicy(GroupPolicy change) {
        return device.client()
                .setPolicy(id(), change)
                .flatMap(accepted -> reached(accepted.position()));
    }

    // --- Members that leave ---

    /// Leaves the group. This device gets nothing more of it, and another member removes its leaf.
    /// Also completes if the device was no member any more.
    public Mono<ConversationStatus> leave() {
        return device.client()
                .leave(id())
                .map(_ -> true)
                .onErrorResume(
                        e -> e instanceof RefusedException refused && refused.is(Code.REMOVED),
                        _ -> Mono.just(true))
                .flatMap(_ ->
                        device.engine()
                                .call(_ -> {
                                    hasLeft();
                                    return standingNow();
                                }));
    }

    private void hasLeft() {
        if (!removed) {
            removed = true;
            device.changed();
            device.listener().left(this);
            onLive();
        }
    }

    private void memberLeft(Delivered delivered, String client) {
        if (client.equals(device.name())) {
            hasLeft();
            return;
        }
        var identity = MemberDevice.identityOf(client);
        departed.left(identity);
        device.listener().memberLeft(this, delivered, client);
        removeLater(identity);
    }

    /// All members see that one has left, and one commit is enough: the first one after a random
    /// time.
    private void removeLater(Bytes identity) {
        device.later(device.dutyDelay(), () -> removeDeparted(identity));
    }

    /// Those whose removal could not be committed before: it would have left one member, or this
    /// device was away.
    private void removeDepartedLater() {
        departed.all().stream()
                .filter(identity -> departed.mustBeRemoved(identity, group.members()))
                .forEach(this::removeLater);
    }

    private void removeDeparted(Bytes identity) {
        if (removed || !departed.mustBeRemoved(identity, group.members())) {
            return;
        }
        device.engine()
                .<Committed>begin(sink ->
                        attempt(
                                new CommitIntent(
                                        Change.removing(identity),
                                        List.of(),
                                        List.of(),
                                        sink,
                                        () -> departed.mustBeRemoved(identity, group.members()))))
                .subscribe(
                        _ -> {},
                        e ->
                                LOG.debug(
                                        "group {}: a member that left is not removed: {}",
                                        id(),
                                        e.getMessage()));
    }

    private void rejoin() {
        if (!rejoining && !removed) {
            rejoining = true;
            cannotFollow();
            device.rejoin(this);
        }
    }

    /// The device could not rejoin: ends what waits.
    void rejoinFailed(RuntimeException why, boolean isRemoval) {
        rejoining = false;
        cannotFollowAfter = null;
        stalled.end();
        onEnded(why, isRemoval);
    }

    private void apply(Delivered delivered, MemberListener listener) {
        var staged = group.staged(delivered.sha256());
        if (staged.isPresent()) {
            if (!staged.get().welcome().isEmpty()) {
                delivered
                        .rosterChange()
                        .ifPresentOrElse(
                                change ->
                                        departed.cameBack(
                                                change.getAddList().stream()
                                                        .map(MemberDevice::identityOf)
                                                        .toList()),
                                departed::someCameBack);
            }
            group.merge(staged.get());
            removeDepartedLater();
            unsettled.clear();
            ownProposals.ended(List.of());
            listener.epochBegan(this, delivered, MemberDevice.identityOf(device.name()));
            var intent = intents.remove(delivered.sha256());
            if (intent != null) {
                long begun = group.epoch();
                // Runs after the cursor has moved. Completes the intent here because the answer may
                // never come.
                whenApplied(
                        delivered.position(),
                        () -> intent.complete(delivered.position(), begun),
                        intent::fail);
            }
            return;
        }
        var own = ownMessages.take(delivered.sha256());
        if (own != null) {
            listener.ownPlaced(this, delivered, own);
            return;
        }
        ownProposals.placed(delivered.sha256(), delivered.position());
        var before = delivered.rosterChange().isPresent() ? group.members() : List.<Bytes>of();
        var processed = group.process(delivered.message());
        if (processed instanceof Processed.EpochBegan began) {
            checkRoster(delivered, began, before);
            departed.cameBack(began.added());
            removeDepartedLater();
        }
        switch (processed) {
            case Processed.Application(_, Bytes sender, Bytes plaintext, _) ->
                    listener.received(this, delivered, sender, plaintext);
            case Processed.EpochBegan(_, Bytes committer, _, _) -> {
                unsettled.clear();
                listener.epochBegan(this, delivered, committer);
                ownProposals.ended(delivered.voidedProposals()).forEach(this::proposeAgain);
            }
            case Processed.Removed _ -> {
                removed = true;
                listener.removed(this, delivered);
            }
            case Processed.Proposal _, Processed.Ignored _ -> {}
        }
    }

    /// Holds the declared roster change against the commit. In a group that voids commits, one that
    /// declares something else is as bad as one that cannot be processed.
    private void checkRoster(Delivered commit, Processed.EpochBegan began, List<Bytes> before) {
        var difference =
                commit.rosterChange()
                        .flatMap(declared ->
                                DeclaredRoster.difference(
                                        declared, began, before, group.members()));
        if (difference.isEmpty()) {
            return;
        }
        if (commit.provisional() && group.rollback(commit.epoch())) {
            throw new MlsException(difference.get());
        }
        device.listener().rosterDiffers(this, commit, difference.get());
    }

    // --- Proposals ---

    /// Sends a proposal to remove a member, which another member commits.
    public Mono<Acceptance> proposeRemove(String member) {
        return propose(false, MemberDevice.identityOf(member));
    }

    /// Sends a proposal to add the owner of a KeyPackage, which another member commits.
    public Mono<Acceptance> proposeAdd(DeviceKeyPackage claimed) {
        return propose(true, claimed.keyPackage());
    }

    private Mono<Acceptance> propose(boolean add, Bytes subject) {
        return device.engine()
                .call(_ -> {
                    var proposal = add ? group.proposeAdd(subject) : group.proposeRemove(subject);
                    ownProposals.made(proposal, add, subject);
                    device.save();
                    return proposal;
                })
                .flatMap(proposal ->
                        device.client()
                                .send(id(), proposal)
                                .doOnError(e -> {
                                    if (!FailureClassifier.isUnknown(e)) {
                                        device.engine()
                                                .execute(() -> ownProposals.refused(proposal));
                                    }
                                }));
    }

    /// Proposes again what an external commit voided, unless the subject of a Remove is gone: the
    /// same commit may have removed it.
    private void proposeAgain(OwnProposals.Proposed voided) {
        if (voided.add() || group.members().contains(voided.subject())) {
            propose(voided.add(), voided.subject())
                    .subscribe(
                            _ -> {},
                            e ->
                                    LOG.warn(
                                            "group {}: a voided proposal was not repeated: {}",
                                            id(),
                                            e.getMessage()));
        }
    }

    // --- Following and leaving ---

    /// Completes when everything in the log has been applied, at once if it has been already. Fails
    /// when deliveries have ended, or with `unavailable` after
    /// [io.lockstep.client.ClientConfig#answerWithin].
    public Mono<ConversationStatus> caughtUp() {
        return device.engine()
                .begin(sink ->
                        waiters.when(() -> live, () -> sink.success(standingNow()), sink::error));
    }

    /// Completes when the log up to this position has been applied, or when the device was removed
    /// before. Fails as [#caughtUp] does.
    public Mono<ConversationStatus> reached(long position) {
        return device.engine()
                .begin(sink ->
                        whenApplied(position, () -> sink.success(standingNow()), sink::error));
    }

    private ConversationStatus standingNow() {
        return new ConversationStatus(applied(), epoch(), epochAuthenticator(), removed);
    }

    void onLive() {
        live = true;
        removeDepartedLater();
        waiters.resumed();
        waiters.changed();
    }

    void onDisconnected() {
        live = removed;
    }

    /// Handles the end of deliveries. None follow until the device rejoins the group.
    void onEnded(RuntimeException why, boolean isRemoval) {
        if (isRemoval && !removed && stalled.isStalled() && returns < RETURNS_MAX) {
            // The others may void the commit that removed this device. Then it is a member again.
            device.attachLater(this, FIRST_RETURN.multipliedBy(1L << returns++));
            return;
        }
        if (isRemoval) {
            removed = true;
            device.changed();
            onLive();
        } else {
            live = false;
            waiters.ended(why);
        }
    }

    /// Continues from an external commit by which this device rejoined: runs what waits.
    void rejoined(MlsGroup joined, LogCursor at) {
        group = joined;
        cursor = at;
        removed = false;
        rejoining = false;
        cannotFollowAfter = null;
        stalled.end();
        live = false;
        waiters.resumed();
        unsettled.clear();
        ownMessages.clear();
        ownProposals.ended(List.of());
        departed.someCameBack();
        waiters.changed();
    }
}
