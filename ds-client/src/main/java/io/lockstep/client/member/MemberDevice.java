package io.lockstep.client.member;

import io.lockstep.client.Accepted;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.Cursor;
import io.lockstep.client.DirectoryClient.Published;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.mls.IsolatedEngine;
import io.lockstep.client.mls.MlsException;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// One device of one user: its connection, its MLS identity, its conversations.
///
/// Events come from the client's event loop and answers too; both are handed to the engine thread, which
/// keeps their order.
public final class MemberDevice implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemberDevice.class);
    private static final int SUITE = 1;

    private final String name;
    private final IsolatedEngine engine;
    private final LockstepClient client;
    private final MlsIdentity identity;
    private final MemberListener listener;
    private final Map<GroupId, Conversation> conversations = new HashMap<>();

    private MemberDevice(
            String name,
            IsolatedEngine engine,
            LockstepClient client,
            MlsIdentity identity,
            MemberListener listener) {
        this.name = name;
        this.engine = engine;
        this.client = client;
        this.identity = identity;
        this.listener = listener;
    }

    /// @param name `user/device`, also the identity in its credential
    public static Mono<MemberDevice> create(
            String name,
            IsolatedEngine engine,
            ClientNetwork network,
            ClientConfig config,
            MemberListener listener) {
        return engine.call(mls -> {
            var device =
                    new MemberDevice(
                            name,
                            engine,
                            LockstepClient.create(network, config),
                            mls.newIdentity(identityOf(name), SUITE),
                            listener);
            var _ = device.client.events().subscribe(e -> engine.execute(() -> device.on(e)));
            return device;
        });
    }

    /// The identity in the credential of a device of this name.
    public static Bytes identityOf(String name) {
        return Bytes.wrap(name.getBytes(StandardCharsets.UTF_8));
    }

    /// The name in a credential.
    public static String nameOf(Bytes identity) {
        return new String(identity.toArray(), StandardCharsets.UTF_8);
    }

    public String name() {
        return name;
    }

    public LockstepClient client() {
        return client;
    }

    IsolatedEngine engine() {
        return engine;
    }

    MemberListener listener() {
        return listener;
    }

    public Mono<ClientEvent.Ready> connect() {
        return client.connect();
    }

    /// Makes KeyPackages and publishes them.
    public Mono<Published> publishKeyPackages(int count) {
        return engine.call(_ ->
                        IntStream.range(0, count).mapToObj(i -> identity.newKeyPackage()).toList())
                .flatMap(keyPackages -> client.directory().publish(keyPackages));
    }

    /// Makes a group with this device as its only member, here and on the server, and attaches to it.
    public Mono<Conversation> createGroup(GroupId id, GroupPolicy policy) {
        return engine.call(_ -> identity.createGroup(id))
                .flatMap(group ->
                        engine.call(_ -> group.groupInfo())
                                .flatMap(info -> client.createGroup(id, 0, policy, info))
                                .flatMap((Accepted created) ->
                                        engine.call(_ -> open(new Conversation(this, group, 0)))
                                                .flatMap(c ->
                                                        client.attach(
                                                                        new Cursor(
                                                                                id,
                                                                                created
                                                                                        .incarnation(),
                                                                                0,
                                                                                created.head()))
                                                                .thenReturn(c))));
    }

    private Conversation open(Conversation conversation) {
        conversations.put(conversation.id(), conversation);
        return conversation;
    }

    private void on(ClientEvent event) {
        switch (event) {
            case ClientEvent.Delivered delivered -> {
                var conversation = conversations.get(delivered.group());
                if (conversation != null) {
                    conversation.on(delivered);
                }
                client.acknowledge(delivered);
            }
            case ClientEvent.Mail mail -> join(mail);
            case ClientEvent.KeyPackagesLow _,
                    ClientEvent.Ready _,
                    ClientEvent.Disconnected _,
                    ClientEvent.Closed _,
                    ClientEvent.Ephemeral _,
                    ClientEvent.Live _,
                    ClientEvent.Gap _,
                    ClientEvent.Detached _,
                    ClientEvent.AttachRefused _,
                    ClientEvent.Refused _,
                    ClientEvent.Hole _,
                    ClientEvent.HistoryMismatch _ -> {}
        }
        listener.event(event);
    }

    private void join(ClientEvent.Mail mail) {
        var known = conversations.get(mail.group());
        if (known != null && known.epoch() >= mail.epoch()) {
            client.acknowledgeMail(mail.id());
            return;
        }
        try {
            var conversation =
                    open(
                            new Conversation(
                                    this, identity.join(mail.welcome()), mail.cursor().position()));
            // A device that keeps its groups on disk would store this one here, before it
            // acknowledges.
            client.acknowledgeMail(mail.id());
            client.attach(mail.cursor())
                    .subscribe(
                            _ -> engine.execute(() -> listener.joined(conversation)),
                            e ->
                                    LOG.warn(
                                            "group {}: joined but not attached: {}",
                                            mail.group(),
                                            e.getMessage()));
        } catch (MlsException e) {
            // Nobody else can use it, and it will not get better.
            LOG.warn("group {}: a Welcome is of no use: {}", mail.group(), e.getMessage());
            client.acknowledgeMail(mail.id());
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
