package io.lockstep.client.member;

import io.lockstep.client.Acceptance;
import io.lockstep.client.Backoff;
import io.lockstep.client.ClientClosedException;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.DirectoryClient.PublishReport;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.LogCursor;
import io.lockstep.client.RefusedException;
import io.lockstep.client.ServerRefusal;
import io.lockstep.client.member.MemberListener.JoinMethod;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import io.lockstep.client.mls.MlsEngine.Saved;
import io.lockstep.client.mls.MlsException;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.client.mls.MlsIdentity.ExternalCommit;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// One device of one user: its client, its MLS identity and its conversations.
///
/// The client's event loop emits events and answers. Both are handed to the engine thread, which
/// keeps their order.
///
/// ```java
/// var alice = MemberDevice.create("alice/phone", engineThread, network, config, listener).block();
/// alice.connect().block();
/// alice.publishKeyPackages(20).block();
/// Conversation team = alice.createGroup(id, policy).block();
/// ```
public final class MemberDevice implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemberDevice.class);
    private static final int SUITE = 1;
    private static final String TRIMMED = "trimmed";
    private static final String LEFT = "left";

    /// Number of KeyPackages that the device tops up to when the server reports that they run low.
    private static final int KEY_PACKAGES_KEPT = 50;

    /// The time over which members rejoin, for each member of the group.
    private static final Duration REJOIN_SPREAD = Duration.ofMillis(10);

    private static final Duration REJOIN_SPREAD_MAX = Duration.ofSeconds(5);

    private final String name;
    private final EngineThread engine;
    private final LockstepClient client;
    private final MlsIdentity identity;
    private final MlsEngine mls;
    private final MemberListener listener;
    private final MemberStore store;
    private final boolean fresh;
    private final Map<GroupId, Conversation> conversations = new LinkedHashMap<>();

    /// Groups whose creation has an unknown outcome. Another call for the same id creates the same
    /// group.
    private final Map<GroupId, MlsGroup> unsettledCreations = new HashMap<>();

    /// External commits with an unknown outcome. Another call for the same group sends the same
    /// commit first.
    private final Map<GroupId, ExternalCommit> unsettledEntries = new HashMap<>();

    private final GroupInfoFiler groupInfos;
    private final Duration answerWithin;
    private final Backoff backoff;
    private boolean saveDue;
    private boolean publishing;

    private MemberDevice(
            String name,
            EngineThread engine,
            LockstepClient client,
            MlsEngine mls,
            MemberListener listener,
            MemberStore store,
            ClientConfig config) {
        this.name = name;
        this.engine = engine;
        this.client = client;
        this.mls = mls;
        this.listener = listener;
        this.store = store;
        answerWithin = config.answerWithin();
        backoff = config.backoff();
        groupInfos = new GroupInfoFiler(client, engine, this::dutyDelay);
        var kept = store.load();
        fresh = kept.isEmpty();
        identity =
                kept.map(this::restore).orElseGet(() -> mls.newIdentity(identityOf(name), SUITE));
    }

    /// Creates a device that keeps nothing after its process ends.
    ///
    /// @param name `user/device`, also the identity in its credential
    public static Mono<MemberDevice> create(
            String name,
            EngineThread engine,
            ClientNetwork network,
            ClientConfig config,
            MemberListener listener) {
        return open(name, engine, network, config, listener, MemberStore.NONE);
    }

    /// Opens the device from the store, or creates a new one if the store is empty. Attaches to its
    /// groups when it connects.
    ///
    /// @throws io.lockstep.client.mls.MlsException in the Mono, when the stored state cannot be
    ///     read
    public static Mono<MemberDevice> open(
            String name,
            EngineThread engine,
            ClientNetwork network,
            ClientConfig config,
            MemberListener listener,
            MemberStore store) {
        return engine.call(mls -> {
            var device =
                    new MemberDevice(
                            name,
                            engine,
                            LockstepClient.create(network, config),
                            mls,
                            listener,
                            store,
                            config);
            var _ = device.client.events().subscribe(e -> engine.execute(() -> device.on(e)));
            device.save();
            for (var conversation : device.conversations.values()) {
                if (conversation.isRemoved()) {
                    conversation.onLive();
                } else {
                    device.attach(conversation);
                }
            }
            return device;
        });
    }

    private MlsIdentity restore(Bytes kept) {
        var saved = SavedDevice.decode(kept);
        if (!saved.name().equals(name)) {
            throw new MlsException("the state is that of " + saved.name() + ", not of " + name);
        }
        var mlsState = mls.restore(saved.mls());
        for (int i = 0; i < saved.conversations().size(); i++) {
            open(new Conversation(this, mlsState.groups().get(i), saved.conversations().get(i)));
        }
        return mlsState.identity();
    }

    /// Attaches at the conversation's cursor. An event reports the result too.
    private void attach(Conversation conversation) {
        client.attach(conversation.cursor())
                .subscribe(
                        _ -> {},
                        e ->
                                LOG.debug(
                                        "group {}: not attached: {}",
                                        conversation.id(),
                                        e.getMessage()));
    }

    /// Attaches again later, unless the conversation goes on by itself.
    void attachLater(Conversation conversation, Duration wait) {
        laterOrSo(wait, () -> attach(conversation));
    }

    private Duration randomUpTo(Duration max) {
        return Duration.ofNanos((long) (backoff.random().nextDouble() * max.toNanos()));
    }

    /// Runs the task on the engine thread after about this time: members that wait for the same do
    /// not all go on at once.
    void laterOrSo(Duration wait, Runnable task) {
        var _ = later(wait.dividedBy(2).plus(randomUpTo(wait)), task);
    }

    /// A random time before this device does what one of all members has to do.
    Duration dutyDelay() {
        return backoff.delay(Integer.MAX_VALUE);
    }

    /// Runs the task on the engine thread later.
    Disposable later(Duration wait, Runnable task) {
        return Mono.delay(wait).subscribe(_ -> engine.execute(task));
    }

    CatchUpWaiters waiters() {
        return new CatchUpWaiters(answerWithin, this::later);
    }

    /// Saves the state at once. Call it before anything that depends on the current state leaves
    /// this device.
    void save() {
        saveDue = false;
        if (store.keeps()) {
            var all = List.copyOf(conversations.values());
            var state =
                    mls.save(new Saved(identity, all.stream().map(Conversation::group).toList()));
            store.save(
                    new SavedDevice(name, state, all.stream().map(Conversation::saved).toList())
                            .encode());
        }
    }

    /// Saves the state soon, once for many changes. Only for changes that the log can deliver
    /// again.
    void changed() {
        if (!saveDue && store.keeps()) {
            saveDue = true;
            engine.execute(() -> {
                if (saveDue) {
                    saveLogged();
                }
            });
        }
    }

    /// Nobody waits for this save. The next call that depends on the state fails with the reason.
    private void saveLogged() {
        try {
            save();
        } catch (RuntimeException e) {
            LOG.error("the state of the device cannot be saved: {}", e.getMessage());
        }
    }

    /// Saves the state and completes when it is stored.
    public Mono<Boolean> flush() {
        return engine.call(_ -> {
            save();
            return true;
        });
    }

    /// Whether the store held no state of this device.
    public boolean isFresh() {
        return fresh;
    }

    /// Returns all groups that this device is in or was in. Call on the engine thread.
    public List<Conversation> conversations() {
        return List.copyOf(conversations.values());
    }

    /// Runs a task on the engine thread.
    public <T> Mono<T> onEngine(Supplier<T> task) {
        return engine.call(_ -> task.get());
    }

    /// Returns the identity in the credential of a device with this name.
    public static Bytes identityOf(String name) {
        return Bytes.wrap(name.getBytes(StandardCharsets.UTF_8));
    }

    /// Returns the name in a credential.
    public static String nameOf(Bytes identity) {
        return new String(identity.toArray(), StandardCharsets.UTF_8);
    }

    public String name() {
        return name;
    }

    public LockstepClient client() {
        return client;
    }

    EngineThread engine() {
        return engine;
    }

    GroupInfoFiler groupInfos() {
        return groupInfos;
    }

    MemberListener listener() {
        return listener;
    }

    public Mono<ClientEvent.Connected> connect() {
        return client.connect();
    }

    /// Creates KeyPackages and publishes them.
    public Mono<PublishReport> publishKeyPackages(int count) {
        return engine.call(
                        _ -> {
                            var made =
                                    IntStream.range(0, count)
                                            .mapToObj(i -> identity.newKeyPackage())
                                            .toList();
                            save();
                            return made;
                        })
                .flatMap(keyPackages -> client.directory().publish(keyPackages));
    }

    /// Creates a group with this device as its only member, here and on the server, and attaches to
    /// it. If it fails with an unknown outcome, the next call for this id continues with the same
    /// group. Fails with `group_exists` if this device has the group already, or created it before
    /// and lost its state: [#joinExternally] brings such a device back.
    ///
    /// @param policy a group without `void_after` gets 1: one member that cannot process a commit
    ///     voids it. [#policyFor] is better for a group of more than two. 0 for groups with clients
    ///     that know no voids
    public Mono<Conversation> createGroup(GroupId id, GroupPolicy policy) {
        return engine.call(_ -> creationOf(id))
                .flatMap(group ->
                        engine.call(_ -> group.groupInfo())
                                .flatMap(info ->
                                        client.createGroup(id, 0, healing(policy), info)
                                                .flatMap(made -> requireOwn(made, info)))
                                .doOnError(e -> {
                                    if (!FailureClassifier.isUnknown(e)) {
                                        engine.execute(() -> unsettledCreations.remove(id, group));
                                    }
                                })
                                .flatMap(created ->
                                        enter(group, cursorOf(created), JoinMethod.CREATED)));
    }

    /// A policy by which a junk commit is voided, and which few members cannot abuse.
    ///
    /// @param members how many the group is going to have
    public static GroupPolicy policyFor(int members) {
        int voidAfter = members <= 2 ? 1 : members <= 10 ? 2 : 3;
        return GroupPolicy.newBuilder().setVoidAfter(voidAfter).build();
    }

    private static GroupPolicy healing(GroupPolicy policy) {
        return policy.hasVoidAfter() ? policy : policy.toBuilder().setVoidAfter(1).build();
    }

    private MlsGroup creationOf(GroupId id) {
        if (conversations.containsKey(id)) {
            throw groupExists("this device is in the group already");
        }
        return unsettledCreations.computeIfAbsent(id, identity::createGroup);
    }

    /// The server answers a repeated creation by the same client like the first one, and ignores the
    /// GroupInfo. Only the GroupInfo that it holds tells whether the group is the one made here.
    private Mono<Acceptance> requireOwn(Acceptance made, Bytes groupInfo) {
        if (!made.repeat()) {
            return Mono.just(made);
        }
        return client.directory()
                .groupInfo(made.group())
                .flatMap(held ->
                        held.epoch() == 0 && held.message().equals(groupInfo)
                                ? Mono.just(made)
                                : Mono.error(groupExists("this client created the group before")));
    }

    private static RefusedException groupExists(String detail) {
        return new RefusedException(
                ServerRefusal.ofCode(
                        Code.GROUP_EXISTS.wireName(), detail, Code.GROUP_EXISTS.retry()));
    }

    /// Joins the group by an external commit. For a further device of a user in the group, or a
    /// device that lost its state. Earlier messages stay unreadable.
    public Mono<Conversation> joinExternally(GroupId id) {
        return ExternalJoinResult.attempt(client, engine, identity, id, unsettledEntries)
                .flatMap(entry ->
                        enter(
                                entry.group(),
                                cursorOf(entry.accepted()),
                                JoinMethod.EXTERNAL_COMMIT));
    }

    private static LogCursor cursorOf(Acceptance accepted) {
        return new LogCursor(
                accepted.group(), accepted.incarnation(), accepted.position(), accepted.head());
    }

    private Mono<Conversation> enter(MlsGroup group, LogCursor cursor, JoinMethod how) {
        return engine.call(_ -> entered(group, cursor, how))
                .flatMap(c -> client.attach(cursor).thenReturn(c));
    }

    /// Enters a group. An application's [Conversation] of this group stays valid.
    private Conversation entered(MlsGroup group, LogCursor cursor, JoinMethod how) {
        var known = conversations.get(group.id());
        var conversation = known != null ? known : new Conversation(this, group, cursor);
        if (known != null) {
            known.rejoined(group, cursor);
        }
        open(conversation);
        unsettledCreations.remove(group.id());
        save();
        listener.entered(conversation, how);
        return conversation;
    }

    private void open(Conversation conversation) {
        conversations.put(conversation.id(), conversation);
    }

    private Optional<Conversation> conversation(GroupId group) {
        return Optional.ofNullable(conversations.get(group));
    }

    private void on(ClientEvent event) {
        switch (event) {
            case ClientEvent.Delivered delivered -> {
                if (conversation(delivered.group()).map(c -> c.on(delivered)).orElse(true)) {
                    client.acknowledge(delivered);
                }
            }
            case ClientEvent.WelcomeReceived mail -> join(mail);
            case ClientEvent.CaughtUp(var group, _, _, _) ->
                    conversation(group).ifPresent(Conversation::onLive);
            case ClientEvent.HistoryGap gap ->
                    conversation(gap.group()).ifPresent(c -> gap(c, gap));
            case ClientEvent.GroupDetached(var group, String code) ->
                    conversation(group).ifPresent(c -> ended(c, code, "detached"));
            case ClientEvent.AttachRefused(var group, ServerRefusal refusal) ->
                    conversation(group).ifPresent(c -> ended(c, refusal.code(), refusal.detail()));
            case ClientEvent.Disconnected _ ->
                    conversations.values().forEach(Conversation::onDisconnected);
            case ClientEvent.Closed(var reason, var refusal) ->
                    conversations
                            .values()
                            .forEach(c ->
                                    c.onEnded(new ClientClosedException(reason, refusal), false));
            case ClientEvent.KeyPackagesRunLow(var left, _) -> publishMore(left);
            case ClientEvent.HistoryMismatch mismatch ->
                    conversation(mismatch.group())
                            .ifPresent(
                                    c -> ended(c, "other_history", "the server's history differs"));
            case ClientEvent.Connected _,
                    ClientEvent.EphemeralDelivered _,
                    ClientEvent.RequestRefused _,
                    ClientEvent.TokenExpiring _,
                    ClientEvent.PositionsSkipped _ -> {}
        }
        listener.event(event);
    }

    private static void ended(Conversation conversation, String code, String detail) {
        if (!code.equals("requested")) {
            var why = ServerRefusal.ofCode(code, detail, RetryAdvice.NEVER);
            conversation.onEnded(
                    new RefusedException(why), why.is(Code.REMOVED) || code.equals(LEFT));
        }
    }

    /// Handles a gap. Trimmed entries are no fault: the device rejoins by an external commit. A log
    /// with another history is a fault, and the application decides.
    private void gap(Conversation conversation, ClientEvent.HistoryGap gap) {
        if (!gap.code().equals(TRIMMED)) {
            ended(conversation, gap.code(), "the log cannot continue from here");
            return;
        }
        rejoin(conversation);
    }

    /// Rejoins the group by an external commit. The conversation goes on from there, or ends.
    ///
    /// What makes one member rejoin mostly makes all of them rejoin, and each external commit that
    /// wins makes the others' void. So they spread over a time that grows with the group.
    void rejoin(Conversation conversation) {
        var spread = REJOIN_SPREAD.multipliedBy(conversation.group().members().size());
        Mono.delay(randomUpTo(spread.compareTo(REJOIN_SPREAD_MAX) < 0 ? spread : REJOIN_SPREAD_MAX))
                .then(engine.call(_ -> conversation.isRemoved()))
                .flatMap(hasLeft -> hasLeft ? hasLeft() : joinExternally(conversation.id()))
                .subscribe(
                        _ -> {},
                        e ->
                                engine.execute(() -> {
                                    var why = ServerRefusal.of(e);
                                    conversation.rejoinFailed(
                                            new RefusedException(why), why.is(Code.REMOVED));
                                }));
    }

    private static <T> Mono<T> hasLeft() {
        return Mono.error(() ->
                new RefusedException(
                        ServerRefusal.ofCode(
                                Code.REMOVED.wireName(),
                                "the device has left the group meanwhile",
                                RetryAdvice.NEVER)));
    }

    private void publishMore(Map<Integer, Long> left) {
        long missing = KEY_PACKAGES_KEPT - left.getOrDefault(SUITE, (long) KEY_PACKAGES_KEPT);
        if (missing <= 0 || publishing) {
            return;
        }
        publishing = true;
        publishKeyPackages((int) missing)
                .doFinally(_ -> engine.execute(() -> publishing = false))
                .subscribe(
                        _ -> {},
                        e -> LOG.warn("KeyPackages could not be published: {}", e.getMessage()));
    }

    private void join(ClientEvent.WelcomeReceived mail) {
        var known = conversations.get(mail.group());
        // A Welcome after a void may be of an epoch that the device was in before.
        if (known != null
                && !known.isRemoved()
                && known.epoch() >= mail.epoch()
                && known.applied() >= mail.cursor().position()) {
            client.acknowledgeMail(mail.id());
            return;
        }
        try {
            var joined = identity.join(mail.welcome(), mail.ratchetTree());
            var conversation = entered(joined, mail.cursor(), JoinMethod.WELCOME);
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
            // Acknowledge it: no other device can use this Welcome, and a retry cannot succeed.
            LOG.warn("group {}: a Welcome cannot be used: {}", mail.group(), e.getMessage());
            client.acknowledgeMail(mail.id());
        }
    }

    @Override
    public void close() {
        engine.execute(groupInfos::close);
        client.close();
    }
}
