package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Leave;
import io.lockstep.wire.proto.Reinit;
import io.lockstep.wire.proto.Reject;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.SetPolicy;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/// A client of a Lockstep server for one device. It reconnects by itself, keeps a cursor per group,
/// and sends each submission until it has an answer.
///
/// Every Mono ends: with a result, with the server's refusal, or after
/// [ClientConfig#answerWithin] with `outcome_unknown` (it may have been sent) or `unavailable`.
/// [#close] ends those that wait with a [ClientClosedException].
///
/// Each Mono starts its work at subscription and completes on the client's event loop: move longer
/// work to another thread. Refusals arrive as [RefusedException]. Thread-safe.
///
/// ```java
/// var client = LockstepClient.create(network, config);
/// client.events().subscribe(event -> {
///     if (event instanceof ClientEvent.Delivered entry) {
///         apply(entry.message());
///         client.acknowledge(entry);
///     }
/// });
/// client.connect().block();
/// client.attach(group).block();
/// client.send(group, message).block();
/// ```
public final class LockstepClient implements AutoCloseable {
    /// Fits in the server's 200 bytes of UTF-8.
    private static final int REASON_LENGTH_MAX = 60;

    private final EventLoop loop;
    private final ReconnectingSession session;
    private final DirectoryClient directory;
    private final BlobClient blobs;
    private final ClientNetwork network;
    private final Duration answerWithin;
    private final Scheduler timers;
    private final Sinks.Many<ClientEvent> events = Sinks.many().unicast().onBackpressureBuffer();

    private LockstepClient(ClientNetwork network, ClientConfig config) {
        this.network = network;
        loop = network.nextLoop();
        timers = Schedulers.fromExecutorService(loop);
        var http = new HttpCalls(network.http(), config);
        blobs = new BlobClient(http);
        directory = new DirectoryClient(http, blobs);
        answerWithin = config.answerWithin();
        session =
                new ReconnectingSession(
                        network, config, loop, directory, blobs, events::tryEmitNext);
        network.register(this);
    }

    public static LockstepClient create(ClientNetwork network, ClientConfig config) {
        return new LockstepClient(network, config);
    }

    /// The events of this client, in order, for exactly one subscriber. Subscribe before
    /// [#connect]. The window of each group bounds how many events wait for a slow subscriber that
    /// acknowledges.
    public Flux<ClientEvent> events() {
        return events.asFlux();
    }

    /// Opens the session and completes at the first `ready`. From then on the client reconnects by
    /// itself. If no server answers in time, the Mono fails and the client goes on trying.
    public Mono<ClientEvent.Connected> connect() {
        return endedInTime(session::connect);
    }

    /// Ends the session and does not reconnect until [#connect]. Keeps cursors and unanswered
    /// submissions.
    public void disconnect() {
        execute(session::disconnect);
    }

    @Override
    public void close() {
        network.unregister(this);
        close("closed by the application");
    }

    /// Ends every call that waits.
    void close(String reason) {
        execute(() -> session.close(reason));
    }

    /// Creates a group on the server, with this client as its only member.
    ///
    /// @param groupInfo MLSMessage with the GroupInfo of the epoch, or EMPTY
    public Mono<Acceptance> createGroup(
            GroupId group, long epoch, GroupPolicy policy, Bytes groupInfo) {
        var create =
                Create.newBuilder()
                        .setGroupId(group.bytes().asByteString())
                        .setEpoch(epoch)
                        .setPolicy(policy)
                        .setGroupInfo(groupInfo.asByteString());
        return submit(group, _ -> Mono.just(ClientFrame.newBuilder().setCreate(create)));
    }

    /// Sends a proposal or an application message. A message that is too long for a frame goes by
    /// reference.
    public Mono<Acceptance> send(GroupId group, Bytes message) {
        return submit(
                group,
                limits -> {
                    var send = Send.newBuilder();
                    var parts = new PartUploader(group, blobs, limits);
                    parts.put(
                            message,
                            send::setMessage,
                            reference ->
                                    send.setMessageReference(reference)
                                            .setGroupId(group.bytes().asByteString()));
                    return parts.uploaded()
                            .then(Mono.fromSupplier(() -> ClientFrame.newBuilder().setSend(send)));
                });
    }

    /// Sends an application message to the members that are connected now. The server never stores
    /// it.
    public Mono<Acceptance> sendEphemeral(GroupId group, Bytes message) {
        var send = Send.newBuilder().setMessage(message.asByteString()).setEphemeral(true);
        return submit(group, _ -> Mono.just(ClientFrame.newBuilder().setSend(send)));
    }

    /// Sends a commit with its Welcome and GroupInfo. Parts that are too long for a frame go by
    /// reference. If another commit wins the epoch, the client first emits all missed entries as
    /// [ClientEvent.Delivered]; then the Mono fails with `epoch_conflict`.
    public Mono<Acceptance> commit(CommitBundle bundle) {
        return submit(
                bundle.group(),
                limits ->
                        bundle.toWire(blobs, limits)
                                .map(wire -> ClientFrame.newBuilder().setCommit(wire)));
    }

    /// Reports that this client cannot process the commit at a position. Fails with
    /// `commit_not_provisional` if another member has confirmed it.
    ///
    /// @param reason for people; longer ones are cut
    public Mono<Acceptance> reject(GroupId group, long position, String reason) {
        var reject =
                Reject.newBuilder()
                        .setGroupId(group.bytes().asByteString())
                        .setPosition(position)
                        .setReason(
                                reason.length() <= REASON_LENGTH_MAX
                                        ? reason
                                        : reason.substring(0, REASON_LENGTH_MAX));
        return submit(group, _ -> Mono.just(ClientFrame.newBuilder().setReject(reject)));
    }

    /// Ends a group in favour of a successor. Fails with `group_reinitialized` if another successor
    /// was first; [ServerRefusal#successor] tells which.
    public Mono<Acceptance> reinit(GroupId group, GroupId successor) {
        var reinit =
                Reinit.newBuilder()
                        .setGroupId(group.bytes().asByteString())
                        .setSuccessorGroupId(successor.bytes().asByteString());
        return submit(group, _ -> Mono.just(ClientFrame.newBuilder().setReinit(reinit)));
    }

    /// Changes rules of a group's policy; those that are absent stay. Fails with
    /// `policy_change_not_allowed` if the policy does not let this client.
    public Mono<Acceptance> setPolicy(GroupId group, GroupPolicy change) {
        var set = SetPolicy.newBuilder().setGroupId(group.bytes().asByteString()).setPolicy(change);
        return submit(group, _ -> Mono.just(ClientFrame.newBuilder().setSetPolicy(set)));
    }

    /// Leaves a group. Another member should commit the removal of this client's leaf. Fails with
    /// `removed` if the client is no member any more.
    public Mono<Acceptance> leave(GroupId group) {
        var leave = Leave.newBuilder().setGroupId(group.bytes().asByteString());
        return submit(group, _ -> Mono.just(ClientFrame.newBuilder().setLeave(leave)));
    }

    /// Starts deliveries of a group after its stored cursor. Completes when the client has caught
    /// up.
    public Mono<ClientEvent.CaughtUp> attach(GroupId group) {
        return attach(LogCursor.unknown(group));
    }

    /// Starts deliveries of a group after the given cursor. Completes when the client has caught
    /// up.
    public Mono<ClientEvent.CaughtUp> attach(LogCursor cursor) {
        return endedInTime(sink -> session.attach(cursor, sink));
    }

    /// Stops deliveries of a group. Keeps its cursor.
    public void detach(GroupId group) {
        execute(() -> session.detach(group));
    }

    /// Reports that the application has applied this entry. The client stores the cursor and moves
    /// the group's window.
    public void acknowledge(ClientEvent.Delivered delivered) {
        execute(() -> session.acknowledge(delivered));
    }

    /// Reports that the application has stored this mail. The server deletes it.
    public void acknowledgeMail(Bytes id) {
        execute(() -> session.acknowledgeMail(id));
    }

    /// Returns the cursor of the last entry that the client emitted for this group.
    public Mono<Optional<LogCursor>> cursor(GroupId group) {
        return onLoop(sink -> sink.success(session.cursor(group)));
    }

    /// Returns the server's limits, as the newest session stated them.
    public ClientLimits limits() {
        return session.limits();
    }

    /// Returns the HTTP client for blobs of groups.
    public BlobClient blobs() {
        return blobs;
    }

    /// Returns the HTTP client for KeyPackages and GroupInfo.
    public DirectoryClient directory() {
        return directory;
    }

    private interface FrameFactory {
        Mono<ClientFrame.Builder> make(ClientLimits limits);
    }

    /// Queues a submission. Without uploads it is queued at once, in the order of the calls;
    /// uploads come before.
    private Mono<Acceptance> submit(GroupId group, FrameFactory frame) {
        return Mono.defer(() -> frame.make(session.limits()))
                .flatMap(made -> this.<Acceptance>onLoop(sink -> session.submit(group, made, sink)))
                // The server deleted the blob because nothing referred to it: try once more.
                .retryWhen(Retry.max(1).filter(LockstepClient::isGone));
    }

    private static boolean isGone(Throwable e) {
        return e instanceof RefusedException refused && refused.is(Code.UNKNOWN_REFERENCE);
    }

    /// Drops the task once the network is closed.
    private void execute(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            if (!loop.isShuttingDown()) {
                throw e;
            }
        }
    }

    /// A call whose task ends the sink within [ClientConfig#answerWithin].
    private <T> Mono<T> onLoop(Consumer<MonoSink<T>> task) {
        return Mono.create(sink -> {
            try {
                loop.execute(() -> task.accept(sink));
            } catch (RejectedExecutionException _) {
                sink.error(new ClientClosedException("the network is closed"));
            }
        });
    }

    /// A call that has no deadline of its own.
    private <T> Mono<T> endedInTime(Consumer<MonoSink<T>> task) {
        return onLoop(task)
                .timeout(
                        answerWithin,
                        Mono.error(() ->
                                new RefusedException(
                                        ServerRefusal.unanswered(Code.UNAVAILABLE, answerWithin))),
                        timers);
    }
}
