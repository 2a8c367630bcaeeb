package io.lockstep.cli;

import io.lockstep.cli.DeviceOptions.Profile;
import io.lockstep.cli.History.Entry;
import io.lockstep.cli.program.Count;
import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.RefusedException;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.member.MemberListener;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.CommitsVoided;
import io.lockstep.wire.proto.ControlEntry;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import reactor.core.publisher.Mono;

/// The connected device of a state folder, in the process that holds the folder.
final class LocalDevice implements MemberListener, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Profile profile;
    private final History history;
    private final EngineThread engine;
    private final ClientNetwork network;
    private final MemberDevice device;
    private volatile String closed = "";

    private LocalDevice(Profile profile, StateFolder folder) {
        this.profile = profile;
        history = new History(folder.history());
        engine = BouncyCastleEngine.start("mls", InstantSource.system());
        network = network(profile);
        var config =
                ClientConfig.of(
                        profile.webSocket(),
                        profile.http(),
                        profile::token,
                        Backoff.ofDefaults(new Random()));
        device = await(MemberDevice.open(profile.name(), engine, network, config, this, folder));
    }

    /// Opens the device. The caller must hold the folder's lock.
    static LocalDevice connect(Profile profile, StateFolder folder) {
        try (var network = network(profile)) {
            requireServer(network, profile);
        }
        var local = new LocalDevice(profile, folder);
        try {
            if (local.device.isFresh()) {
                // KeyPackages published earlier belong to keys that are lost.
                await(
                        local.device
                                .client()
                                .directory()
                                .withdraw()
                                .onErrorComplete(RefusedException.class)
                                .thenReturn(true));
            }
            await(local.device.connect());
            return local;
        } catch (RuntimeException e) {
            local.close();
            throw e;
        }
    }

    private static ClientNetwork network(Profile profile) {
        try {
            return ClientNetwork.start(1, profile.ca());
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("--ca: " + e.getMessage());
        }
    }

    /// Fails at once if no server answers. The library would keep trying, but a person waits for
    /// this command.
    private static void requireServer(ClientNetwork network, Profile profile) {
        var found = network.probe(profile.http());
        switch (found) {
            case ANSWERS -> {}
            case NOTHING_LISTENS ->
                    throw new CommandFailure(
                            "no server answers at "
                                    + profile.http()
                                    + ": start one with ./lockstep dev, or give --server");
            case UNKNOWN_HOST,
                    UNREACHABLE,
                    NO_ANSWER,
                    UNTRUSTED_CERTIFICATE,
                    OTHER_HOST_NAME,
                    CERTIFICATE_NOT_VALID_NOW,
                    HANDSHAKE_FAILED,
                    PLAIN,
                    TLS,
                    NO_HTTP ->
                    throw new CommandFailure(
                            "the server at "
                                    + profile.http()
                                    + " cannot be used: "
                                    + found.sentence());
        }
    }

    /// Waits for an answer. Must not run on the engine thread.
    static <T> T await(Mono<T> answer) {
        try {
            var value = answer.block(PATIENCE);
            if (value == null) {
                throw new CommandFailure("the server gave no answer");
            }
            return value;
        } catch (RuntimeException e) {
            throw CommandFailure.of(e);
        }
    }

    Profile profile() {
        return profile;
    }

    MemberDevice device() {
        return device;
    }

    /// Returns why the session ended for good; empty while it has not.
    String closed() {
        return closed;
    }

    @Override
    public void received(Conversation in, Delivered delivered, Bytes sender, Bytes plaintext) {
        append(in, delivered, MemberDevice.nameOf(sender), text(plaintext));
    }

    @Override
    public void ownPlaced(Conversation in, Delivered delivered, Bytes plaintext) {
        append(in, delivered, profile.name(), text(plaintext));
    }

    @Override
    public void epochBegan(Conversation in, Delivered delivered, Bytes committer) {
        append(
                in,
                delivered,
                "",
                "epoch %d by %s, %s"
                        .formatted(
                                in.epoch(),
                                MemberDevice.nameOf(committer),
                                Count.of(in.members().size(), "member")));
    }

    @Override
    public void removed(Conversation in, Delivered delivered) {
        append(in, delivered, "", profile.name() + " was removed");
    }

    @Override
    public void commitsVoided(Conversation in, Delivered delivered, long position) {
        append(
                in,
                delivered,
                "",
                "the commit at %d is void: %s; epoch %d"
                        .formatted(
                                position,
                                delivered
                                        .control()
                                        .map(ControlEntry::getVoided)
                                        .filter(CommitsVoided::getByOperator)
                                        .map(voided ->
                                                "the operator's decision, " + voided.getEvidence())
                                        .orElse("a member could not process it"),
                                in.epoch()));
    }

    @Override
    public void frozen(Conversation in, Delivered delivered, String evidence) {
        append(in, delivered, "", "the operator froze the group, nothing can be sent: " + evidence);
    }

    @Override
    public void memberLeft(Conversation in, Delivered delivered, String client) {
        append(in, delivered, "", client + " has left");
    }

    @Override
    public void policyChanged(
            Conversation in, Delivered delivered, GroupPolicy policy, String client) {
        append(in, delivered, "", client + " changed the policy: " + PolicyText.line(policy));
    }

    @Override
    public void thawed(Conversation in, Delivered delivered, String evidence) {
        append(in, delivered, "", "the operator thawed the group: " + evidence);
    }

    @Override
    public void failed(Conversation in, Delivered delivered, RuntimeException why) {
        append(in, delivered, "", "cannot be read: " + why.getMessage());
    }

    @Override
    public void entered(Conversation in, JoinMethod how) {
        var text =
                switch (how) {
                    case CREATED -> "created by " + profile.name();
                    case WELCOME -> profile.name() + " was added";
                    case EXTERNAL_COMMIT ->
                            profile.name() + " joined by itself; earlier messages stay unreadable";
                };
        history.begin(
                in.id(),
                new Entry(
                        in.applied(),
                        in.epoch(),
                        Instant.now().toEpochMilli(),
                        "",
                        "epoch %d, %s, %s"
                                .formatted(
                                        in.epoch(),
                                        text,
                                        Count.of(in.members().size(), "member"))));
    }

    @Override
    public void event(ClientEvent event) {
        if (event instanceof ClientEvent.Closed(var reason, _)) {
            closed = reason;
        }
    }

    private void append(Conversation in, Delivered delivered, String from, String text) {
        history.append(
                in.id(),
                new Entry(
                        delivered.position(),
                        delivered.epoch(),
                        delivered.acceptedAtMillis(),
                        from,
                        text));
    }

    private static String text(Bytes plaintext) {
        return new String(plaintext.toArray(), StandardCharsets.UTF_8);
    }

    Optional<Conversation> conversation(String name) {
        var id = DeviceActions.groupOf(name);
        return await(
                device.onEngine(() ->
                        device.conversations().stream()
                                .filter(c -> c.id().equals(id))
                                .findFirst()));
    }

    @Override
    public void close() {
        try {
            await(device.flush().thenReturn(true));
        } finally {
            device.close();
            network.close();
            engine.close();
        }
    }
}
