package io.lockstep.e2e;

import io.lockstep.client.Acceptance;
import io.lockstep.client.ClientClosedException;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.DirectoryClient;
import io.lockstep.client.DirectoryClient.DeviceKeyPackage;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.LogCursor;
import io.lockstep.client.RefusedException;
import io.lockstep.client.ServerRefusal;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// One real MLS client that commits once a round and rebases from what the refusal brings, nothing else.
///
/// Threads: all state is confined to the engine's thread.
final class RacingMember implements AutoCloseable {
    private final String name;
    private final EngineThread engine;
    private final LockstepClient client;
    private final MlsIdentity identity;
    private @Nullable MlsGroup group;
    private @Nullable StagedCommit staged;
    private final List<ClientEvent.WelcomeReceived> mail = new ArrayList<>();
    private final List<Delivered> delivered = new ArrayList<>();
    private final List<Bytes> plaintexts = new ArrayList<>();
    private long applied;

    /// How one attempt ended.
    sealed interface Outcome {
        record Won(long position) implements Outcome {}

        /// @param appliedWithIt how far this member was when the refusal had been taken in
        record Lost(ServerRefusal refusal, long appliedWithIt, long epochWithIt)
                implements Outcome {}
    }

    /// @param name `user/device`
    RacingMember(String name, EngineThread engine, ClientNetwork network, ClientConfig config) {
        this.name = name;
        this.engine = engine;
        this.client = LockstepClient.create(network, config);
        this.identity =
                Objects.requireNonNull(
                        engine.call(mls ->
                                        mls.newIdentity(
                                                Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)),
                                                1))
                                .block());
        var _ = client.events().subscribe(e -> engine.execute(() -> on(e)));
    }

    Mono<?> connect() {
        return client.connect();
    }

    Mono<?> publishKeyPackage() {
        return engine.call(_ -> identity.newKeyPackage())
                .flatMap(k -> client.directory().publish(List.of(k)));
    }

    Mono<?> create(GroupId id) {
        return engine.call(
                        _ -> {
                            group = identity.createGroup(id);
                            return group.groupInfo();
                        })
                .flatMap(info -> client.createGroup(id, 0, GroupPolicy.getDefaultInstance(), info))
                .flatMap(a -> client.attach(new LogCursor(id, a.incarnation(), 0, a.head())));
    }

    Mono<DeviceKeyPackage> claim(String user) {
        return client.directory().claim(user, List.of(1), "").map(c -> c.claimed().getFirst());
    }

    Mono<Outcome> commit(Change change) {
        return engine.call(
                        _ -> {
                            var made = group().stage(change);
                            staged = made;
                            return new CommitBundle(
                                    group().id(),
                                    made.commit(),
                                    made.welcome(),
                                    made.groupInfo(),
                                    List.of(),
                                    List.of(),
                                    applied);
                        })
                .flatMap(client::commit)
                .<Outcome>map(a -> new Outcome.Won(a.position()))
                .onErrorResume(
                        RefusedException.class,
                        e ->
                                engine.call(_ ->
                                        new Outcome.Lost(e.refusal(), applied, group().epoch())));
    }

    /// Comes back without any state: by an external commit from the stored GroupInfo.
    Mono<Acceptance> rejoin(GroupId id) {
        return client.directory()
                .groupInfo(id)
                .flatMap(info ->
                        engine.call(
                                _ -> identity.joinExternally(info.message(), info.ratchetTree())))
                .flatMap(join ->
                        client.commit(
                                        new CommitBundle(
                                                id,
                                                join.commit(),
                                                Bytes.EMPTY,
                                                join.newGroupInfo(),
                                                join.newRatchetTree(),
                                                List.of(),
                                                List.of(),
                                                0))
                                .flatMap(accepted ->
                                        engine.call(_ -> {
                                            group = join.group();
                                            applied = accepted.position();
                                            return accepted;
                                        })))
                .flatMap(accepted ->
                        client.attach(
                                        new LogCursor(
                                                id,
                                                accepted.incarnation(),
                                                accepted.position(),
                                                accepted.head()))
                                .thenReturn(accepted));
    }

    Mono<Acceptance> proposeAdd(Bytes keyPackage) {
        return engine.call(_ -> group().proposeAdd(keyPackage))
                .flatMap(message -> client.send(group().id(), message));
    }

    Mono<Acceptance> say(String text) {
        return engine.call(_ ->
                        group().encrypt(
                                        Bytes.wrap(text.getBytes(StandardCharsets.UTF_8)),
                                        Bytes.EMPTY))
                .flatMap(message -> client.send(group().id(), message));
    }

    /// Everything delivered so far.
    Mono<List<Delivered>> delivered() {
        return engine.call(_ -> List.copyOf(delivered));
    }

    /// What others said.
    Mono<List<String>> heard() {
        return engine.call(_ ->
                plaintexts.stream()
                        .map(bytes -> new String(bytes.toArray(), StandardCharsets.UTF_8))
                        .toList());
    }

    /// Epoch and epoch authenticator, once everything up to the position was applied.
    Mono<String> standing() {
        return engine.call(_ ->
                group == null
                        ? "not joined"
                        : group.epoch() + " " + group.epochAuthenticator().hex());
    }

    /// All mail that ever came, as it came.
    Mono<List<ClientEvent.WelcomeReceived>> mail() {
        return engine.call(_ -> List.copyOf(mail));
    }

    /// The GroupInfo that went with the commit made last.
    Mono<Bytes> stagedGroupInfo() {
        return engine.call(_ -> Objects.requireNonNull(staged).groupInfo());
    }

    Mono<DirectoryClient.FetchedGroupInfo> fetchGroupInfo() {
        return engine.call(_ -> group().id()).flatMap(client.directory()::groupInfo);
    }

    String name() {
        return name;
    }

    private MlsGroup group() {
        return Objects.requireNonNull(group, "joined");
    }

    private void on(ClientEvent event) {
        switch (event) {
            case Delivered delivered -> apply(delivered);
            case ClientEvent.WelcomeReceived came -> {
                mail.add(came);
                if (group == null) {
                    group = identity.join(came.welcome());
                    applied = came.cursor().position();
                    client.acknowledgeMail(came.id());
                    client.attach(came.cursor())
                            .onErrorComplete(ClientClosedException.class)
                            .subscribe();
                }
            }
            case ClientEvent.PositionsSkipped _,
                    ClientEvent.HistoryMismatch _,
                    ClientEvent.HistoryGap _ ->
                    throw new IllegalStateException("I2 is broken: " + event);
            default -> {}
        }
    }

    private void apply(Delivered delivered) {
        if (delivered.position() <= applied) {
            return;
        }
        this.delivered.add(delivered);
        var own = staged;
        if (own != null && own.commit().sha256().equals(delivered.sha256())) {
            group().merge(own);
        } else {
            if (group().process(delivered.message())
                    instanceof MlsGroup.Processed.Application said) {
                plaintexts.add(said.plaintext());
            }
        }
        client.acknowledge(delivered);
        applied = delivered.position();
    }

    /// Is never heard of again, with all that it knew.
    void vanish() {
        client.close();
    }

    @Override
    public void close() {
        client.close();
    }
}
