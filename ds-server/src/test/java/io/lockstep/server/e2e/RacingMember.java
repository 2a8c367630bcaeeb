package io.lockstep.server.e2e;

import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.Cursor;
import io.lockstep.client.DirectoryClient.Claimed;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.Refusal;
import io.lockstep.client.RefusedException;
import io.lockstep.client.mls.IsolatedEngine;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// One real MLS client that commits once a round and rebases from what the refusal brings, nothing else.
///
/// Threads: all state is confined to the engine's thread.
final class RacingMember implements AutoCloseable {
    private final String name;
    private final IsolatedEngine engine;
    private final LockstepClient client;
    private final MlsIdentity identity;
    private @Nullable MlsGroup group;
    private @Nullable StagedCommit staged;
    private long applied;

    /// How one attempt ended.
    sealed interface Outcome {
        record Won(long position) implements Outcome {}

        /// @param appliedWithIt how far this member was when the refusal had been taken in
        record Lost(Refusal refusal, long appliedWithIt, long epochWithIt) implements Outcome {}
    }

    /// @param name `user/device`
    RacingMember(String name, IsolatedEngine engine, ClientNetwork network, ClientConfig config) {
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
                .flatMap(a -> client.attach(new Cursor(id, a.incarnation(), 0, a.head())));
    }

    Mono<Claimed> claim(String user) {
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

    /// Epoch and epoch authenticator, once everything up to the position was applied.
    Mono<String> standing() {
        return engine.call(_ ->
                group == null
                        ? "not joined"
                        : group.epoch() + " " + group.epochAuthenticator().hex());
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
            case ClientEvent.Mail mail -> {
                if (group == null) {
                    group = identity.join(mail.welcome());
                    applied = mail.cursor().position();
                    client.acknowledgeMail(mail.id());
                    client.attach(mail.cursor()).subscribe();
                }
            }
            case ClientEvent.Hole _, ClientEvent.HistoryMismatch _, ClientEvent.Gap _ ->
                    throw new IllegalStateException("I2 is broken: " + event);
            default -> {}
        }
    }

    private void apply(Delivered delivered) {
        if (delivered.position() <= applied) {
            return;
        }
        var own = staged;
        if (own != null && own.commit().sha256().equals(delivered.sha256())) {
            group().merge(own);
        } else {
            group().process(delivered.message());
        }
        client.acknowledge(delivered);
        applied = delivered.position();
    }

    @Override
    public void close() {
        client.close();
    }
}
