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

/// One real MLS client that commits once a round. After a refusal it rebases using the refusal
/// alone.
///
/// Threads: all state is confined to the engine's thread.
final class RacingMember implements AutoCloseable {
    private final String name;
    private final EngineThread engine;
    private final LockstepClient client;
    private final MlsIdentity identity;
    private @Nullable MlsGroup group;
    private @Nullable StagedCommit staged;
    private final List<ClientEvent.WelcomeReceived> welcomes = new ArrayList<>();
    private final List<Delivered> delivered = new ArrayList<>();
    private final List<Bytes> plaintexts = new ArrayList<>();
    private long applied;

    /// The result of one attempt.
    sealed interface Outcome {
        record Won(long position) implements Outcome {}

        /// @param appliedWithIt this member's position after it applied the refusal
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

    /// Rejoins without any state: by an external commit from the stored GroupInfo.
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

    Mono<Acceptance> send(String text) {
        return engine.call(_ ->
                        group().encrypt(
                                        Bytes.wrap(text.getBytes(StandardCharsets.UTF_8)),
                                        Bytes.EMPTY))
                .flatMap(message -> client.send(group().id(), message));
    }

    /// All deliveries so far.
    Mono<List<Delivered>> delivered() {
        return engine.call(_ -> List.copyOf(delivered));
    }

    /// Texts of other members.
    Mono<List<String>> texts() {
        return engine.call(_ ->
                plaintexts.stream()
                        .map(bytes -> new String(bytes.toArray(), StandardCharsets.UTF_8))
                        .toList());
    }

    /// Epoch and epoch authenticator, after everything up to the position is applied.
    Mono<String> status() {
        return engine.call(_ ->
                group == null
                        ? "not joined"
                        : group.epoch() + " " + group.epochAuthenticator().hex());
    }

    /// All received Welcomes, in order of arrival.
    Mono<List<ClientEvent.WelcomeReceived>> welcomes() {
        return engine.call(_ -> List.copyOf(welcomes));
    }

    /// The GroupInfo that was sent with the last commit.
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
                welcomes.add(came);
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
                    throw new IllegalStateException("I2 is violated: " + event);
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

    /// Stops without notice and loses its state.
    void vanish() {
        client.close();
    }

    @Override
    public void close() {
        client.close();
    }
}
