package io.lockstep.client.member;

import io.lockstep.client.Accepted;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.DirectoryClient.Claimed;
import io.lockstep.client.Refusal;
import io.lockstep.client.RefusedException;
import io.lockstep.client.mls.MlsException;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.Processed;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.frame.RetryClass;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// One device in one group. Deliveries are applied in the order of the log; an own commit takes effect when it
/// comes back in its place, and is made anew when another was first.
///
/// Invariant: the MLS group's state is what the log up to [#applied] makes of it.
public final class Conversation {
    /// Losing this often in a row means that something else is wrong.
    private static final int REBASES_MAX = 1000;

    private static final int REENCRYPTIONS_MAX = 20;

    /// What a commit shall do, through as many attempts as it takes.
    private static final class Intent {
        final Change change;
        final List<String> add;
        final List<String> remove;
        final MonoSink<Committed> sink;
        int refused;
        @Nullable StagedCommit staged;
        @Nullable Accepted accepted;
        boolean merged;

        Intent(Change change, List<String> add, List<String> remove, MonoSink<Committed> sink) {
            this.change = change;
            this.add = add;
            this.remove = remove;
            this.sink = sink;
        }
    }

    /// An own commit that was accepted.
    ///
    /// @param epoch the epoch it began
    /// @param refused how many attempts lost before it
    public record Committed(long position, long epoch, int refused) {}

    private final MemberDevice device;
    private final MlsGroup group;
    private final Map<Bytes, Intent> stagedCommits = new HashMap<>();
    private final Set<Bytes> ownMessages = new HashSet<>();
    private final List<Runnable> waitingForCatchUp = new ArrayList<>();
    private long applied;
    private boolean removed;

    Conversation(MemberDevice device, MlsGroup group, long applied) {
        this.device = device;
        this.group = group;
        this.applied = applied;
    }

    public GroupId id() {
        return group.id();
    }

    public MemberDevice device() {
        return device;
    }

    /// On the engine thread.
    public long epoch() {
        return group.epoch();
    }

    /// On the engine thread.
    public Bytes epochAuthenticator() {
        return group.epochAuthenticator();
    }

    /// The last position applied. On the engine thread.
    public long applied() {
        return applied;
    }

    /// Whether a commit removed this device. On the engine thread.
    public boolean isRemoved() {
        return removed;
    }

    /// Where this device stands, taken at one moment.
    public record Standing(long applied, long epoch, Bytes epochAuthenticator, boolean removed) {}

    public Mono<Standing> standing() {
        return device.engine()
                .call(_ -> new Standing(applied, epoch(), epochAuthenticator(), removed));
    }

    // --- Sending
    // -------------------------------------------------------------------------------------

    /// Encrypts and sends. Should the group have moved on too far meanwhile, it is encrypted anew.
    public Mono<Accepted> send(Bytes plaintext) {
        return Mono.create(sink ->
                device.engine().execute(() -> sendOnce(plaintext, REENCRYPTIONS_MAX, sink)));
    }

    private void sendOnce(Bytes plaintext, int attemptsLeft, MonoSink<Accepted> sink) {
        try {
            var message = group.encrypt(plaintext, Bytes.EMPTY);
            ownMessages.add(message.sha256());
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
        } catch (MlsException e) {
            sink.error(e);
        }
    }

    private void sendRefused(
            Bytes plaintext,
            Bytes message,
            int attemptsLeft,
            Throwable why,
            MonoSink<Accepted> sink) {
        ownMessages.remove(message.sha256());
        if (attemptsLeft > 0
                && why instanceof RefusedException refused
                && refused.code().equals(Code.EPOCH_TOO_OLD.wireName())) {
            whenCaughtUp(refused.refusal(), () -> sendOnce(plaintext, attemptsLeft - 1, sink));
        } else {
            sink.error(why);
        }
    }

    /// Commits: adds the owners of these KeyPackages.
    public Mono<Committed> add(List<Claimed> claimed) {
        return commit(
                Change.adding(claimed.stream().map(Claimed::keyPackage).toList()),
                List.of(),
                List.of());
    }

    /// Commits: removes a member.
    public Mono<Committed> remove(String member) {
        return commit(Change.removing(MemberDevice.identityOf(member)), List.of(), List.of(member));
    }

    /// Commits: fresh keys for this device, nothing else.
    public Mono<Committed> update() {
        return commit(Change.NONE, List.of(), List.of());
    }

    /// Commits a change of the group and declares a change of the roster, as often as it takes.
    ///
    /// @param add who joins beyond the owners of the KeyPackages, as `user/device`
    /// @param remove who leaves, as `user/device`
    public Mono<Committed> commit(Change change, List<String> add, List<String> remove) {
        return Mono.create(sink ->
                device.engine().execute(() -> attempt(new Intent(change, add, remove, sink))));
    }

    private void attempt(Intent intent) {
        try {
            var staged = group.stage(intent.change);
            intent.staged = staged;
            stagedCommits.put(staged.commit().sha256(), intent);
            device.client()
                    .commit(
                            new CommitBundle(
                                    id(),
                                    staged.commit(),
                                    staged.welcome(),
                                    staged.groupInfo(),
                                    intent.add,
                                    intent.remove,
                                    applied))
                    .subscribe(
                            accepted -> device.engine().execute(() -> won(intent, accepted)),
                            e -> device.engine().execute(() -> lost(intent, staged, e)));
        } catch (MlsException e) {
            intent.sink.error(e);
        }
    }

    private void won(Intent intent, Accepted accepted) {
        intent.accepted = accepted;
        completeIfDone(intent);
    }

    private void completeIfDone(Intent intent) {
        var accepted = intent.accepted;
        if (accepted != null && intent.merged) {
            intent.sink.success(
                    new Committed(accepted.position(), accepted.epoch(), intent.refused));
        }
    }

    private void lost(Intent intent, StagedCommit staged, Throwable why) {
        stagedCommits.remove(staged.commit().sha256());
        if (why instanceof RefusedException refused
                && refused.refusal().retry() == RetryClass.AFTER_REBASE
                && intent.refused < REBASES_MAX) {
            intent.refused++;
            device.listener().rebased(this, refused.refusal().position());
            whenCaughtUp(refused.refusal(), () -> attempt(intent));
        } else {
            intent.sink.error(why);
        }
    }

    /// Runs when all that the refusal tells of was applied: at once when it brought it along.
    private void whenCaughtUp(Refusal refusal, Runnable next) {
        if (removed) {
            next.run();
        } else if (applied >= refusal.position() && group.epoch() >= refusal.epoch()) {
            next.run();
        } else {
            waitingForCatchUp.add(() -> whenCaughtUp(refusal, next));
        }
    }

    // --- Receiving
    // -----------------------------------------------------------------------------------

    void on(Delivered delivered) {
        if (removed || delivered.position() <= applied) {
            return;
        }
        var listener = device.listener();
        try {
            apply(delivered, listener);
        } catch (MlsException e) {
            listener.failed(this, delivered, e);
        }
        applied = delivered.position();
        var waiting = List.copyOf(waitingForCatchUp);
        waitingForCatchUp.clear();
        waiting.forEach(Runnable::run);
    }

    private void apply(Delivered delivered, MemberListener listener) {
        var intent = stagedCommits.remove(delivered.sha256());
        if (intent != null && intent.staged != null) {
            group.merge(intent.staged);
            intent.merged = true;
            listener.epochBegan(this, delivered, MemberDevice.identityOf(device.name()));
            completeIfDone(intent);
            return;
        }
        if (ownMessages.remove(delivered.sha256())) {
            listener.ownPlaced(this, delivered);
            return;
        }
        switch (group.process(delivered.message())) {
            case Processed.Application(_, Bytes sender, Bytes plaintext, _) ->
                    listener.received(this, delivered, sender, plaintext);
            case Processed.EpochBegan(_, Bytes committer, _, _) ->
                    listener.epochBegan(this, delivered, committer);
            case Processed.Removed _ -> {
                removed = true;
                listener.removed(this, delivered);
            }
            case Processed.Proposal _, Processed.Ignored _ -> {}
        }
    }

    /// Sends a proposal to remove a member, for another's commit.
    public Mono<Accepted> proposeRemove(String member) {
        return device.engine()
                .call(_ -> group.proposeRemove(MemberDevice.identityOf(member)))
                .flatMap(proposal -> device.client().send(id(), proposal));
    }
}
