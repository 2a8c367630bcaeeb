package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Send;
import io.netty.channel.EventLoop;
import java.util.Optional;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/// One device's client of a Lockstep server: a session that comes back by itself, places kept in every
/// group, submissions that are sent until they have an answer.
///
/// Every Mono does its work when it is subscribed to, and completes on the client's event loop: hand longer
/// work to another thread. Refusals arrive as [RefusedException]. Thread-safe.
public final class LockstepClient implements AutoCloseable {
    private final EventLoop loop;
    private final ClientSession session;
    private final DirectoryClient directory;
    private final GroupBlobs blobs;
    private final Sinks.Many<ClientEvent> events = Sinks.many().unicast().onBackpressureBuffer();

    private LockstepClient(ClientNetwork network, ClientConfig config) {
        loop = network.nextLoop();
        var http = new HttpCalls(network.http(), config);
        blobs = new GroupBlobs(http);
        directory = new DirectoryClient(http, blobs);
        session = new ClientSession(network, config, loop, directory, blobs, events::tryEmitNext);
    }

    public static LockstepClient create(ClientNetwork network, ClientConfig config) {
        return new LockstepClient(network, config);
    }

    /// What happens, in order, for one subscriber; subscribe before connecting. What waits for a slow
    /// subscriber is bounded by the window of each group, once it acknowledges.
    public Flux<ClientEvent> events() {
        return events.asFlux();
    }

    /// Opens the session; completes at the first `ready`. From then on the client reconnects by itself.
    public Mono<ClientEvent.Ready> connect() {
        return onLoop(session::connect);
    }

    /// Ends the session and stays away until [#connect]; places and unanswered submissions are kept.
    public void disconnect() {
        loop.execute(session::disconnect);
    }

    @Override
    public void close() {
        loop.execute(() -> session.close("closed by the application"));
    }

    /// Brings a group into being on the server, with this client as its only member.
    ///
    /// @param groupInfo MLSMessage with the GroupInfo of the epoch, or EMPTY
    public Mono<Accepted> createGroup(
            GroupId group, long epoch, GroupPolicy policy, Bytes groupInfo) {
        var create =
                Create.newBuilder()
                        .setGroupId(group.bytes().asByteString())
                        .setEpoch(epoch)
                        .setPolicy(policy)
                        .setGroupInfo(groupInfo.asByteString());
        return submit(group, _ -> Mono.just(ClientFrame.newBuilder().setCreate(create)));
    }

    /// Sends a proposal or an application message; by reference if it is too long for a frame.
    public Mono<Accepted> send(GroupId group, Bytes message) {
        return submit(
                group,
                limits -> {
                    var send = Send.newBuilder();
                    var parts = new Parts(group, blobs, limits);
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

    /// Sends an application message to those who are connected now; it is never stored.
    public Mono<Accepted> sendEphemeral(GroupId group, Bytes message) {
        var send = Send.newBuilder().setMessage(message.asByteString()).setEphemeral(true);
        return submit(group, _ -> Mono.just(ClientFrame.newBuilder().setSend(send)));
    }

    /// Sends a commit and what belongs to it; by reference what is too long for a frame. When it loses the race, all that was missed is handed on as
    /// [ClientEvent.Delivered] before the Mono fails with `epoch_conflict`.
    public Mono<Accepted> commit(CommitBundle bundle) {
        return submit(
                bundle.group(),
                limits ->
                        bundle.toWire(blobs, limits)
                                .map(wire -> ClientFrame.newBuilder().setCommit(wire)));
    }

    /// Starts deliveries of a group after the place kept for it; completes when it has caught up.
    public Mono<ClientEvent.Live> attach(GroupId group) {
        return attach(Cursor.unknown(group));
    }

    /// Starts deliveries of a group after the cursor; completes when it has caught up.
    public Mono<ClientEvent.Live> attach(Cursor cursor) {
        return onLoop(sink -> session.attach(cursor, sink));
    }

    public void detach(GroupId group) {
        loop.execute(() -> session.detach(group));
    }

    /// The application has applied this entry: its place is kept, and the group's window moves.
    public void acknowledge(ClientEvent.Delivered delivered) {
        loop.execute(() -> session.acknowledge(delivered));
    }

    /// The application has stored this mail; the server forgets it.
    public void acknowledgeMail(Bytes id) {
        loop.execute(() -> session.acknowledgeMail(id));
    }

    /// The place up to which deliveries of the group were handed on.
    public Mono<Optional<Cursor>> cursor(GroupId group) {
        return onLoop(sink -> sink.success(session.cursor(group)));
    }

    /// What the server takes, as the newest session told it.
    public ClientLimits limits() {
        return session.limits();
    }

    /// Blobs of groups, over HTTP.
    public GroupBlobs blobs() {
        return blobs;
    }

    /// KeyPackages and GroupInfo, over HTTP.
    public DirectoryClient directory() {
        return directory;
    }

    private interface FrameMaker {
        Mono<ClientFrame.Builder> make(ClientLimits limits);
    }

    /// What is inline is queued at once, in the order of the calls; uploads take their time before.
    private Mono<Accepted> submit(GroupId group, FrameMaker frame) {
        return Mono.defer(() -> frame.make(session.limits()))
                .flatMap(made ->
                        Mono.<Accepted>create(
                                sink -> loop.execute(() -> session.submit(group, made, sink))))
                // It was not referred to for too long and is gone: once more.
                .retryWhen(Retry.max(1).filter(LockstepClient::isGone));
    }

    private static boolean isGone(Throwable e) {
        return e instanceof RefusedException refused && refused.is(Code.UNKNOWN_REFERENCE);
    }

    private <T> Mono<T> onLoop(Consumer<MonoSink<T>> task) {
        return Mono.create(sink -> loop.execute(() -> task.accept(sink)));
    }
}
