package io.lockstep.redis.log;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CallEffect;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.DeleteOutcome;
import io.lockstep.log.GroupInfoOutcome;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupTroubles;
import io.lockstep.log.LogLimits;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogPosition;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.PendingWelcome;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.log.SweepOutcome;
import io.lockstep.log.Trouble;
import io.lockstep.log.TroubleCursor;
import io.lockstep.log.TroubledGroups;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.ValueSealer;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.runtime.Keyring;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// [GroupLog] on Redis Streams. With `appendfsync always` a reply follows the fsync, so every entry
/// that is acknowledged or announced here is durable (invariant I3).
///
/// Several nodes may use the same Redis. Only the scripts make them agree.
public final class RedisGroupLog implements GroupLog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisGroupLog.class);

    /// A script unpacks two values per entry, and Lua unpacks at most some thousands.
    public static final int BATCH_MAX = 2_000;

    private static final byte[][] TAIL_FIELDS = {
        Script.ascii("at"), Script.ascii("e"), Script.ascii("f")
    };
    private static final byte[][] POLICY_FIELDS = MetaCodec.policyFields().toArray(byte[][]::new);
    private static final Script FIND = Script.reading("log/find");
    private static final RateLimitedLogger CLOCK = RateLimitedLogger.of(RedisGroupLog.class);

    // Reply codes of the scripts.
    private static final int APPENDED = 1;
    private static final int MUST_MERGE = 4;
    private static final int ROSTER_FULL = 5;
    private static final int CLOCK_DIFFERS = 6;
    private static final int LOG_FULL = 7;
    private static final int INFO_BLOBS_DIFFER = 8;
    private static final int GROUP_KEY_DIFFERS = 9;

    /// How often an append may need a preparation: the merge of a roster change, or other blob
    /// names.
    private static final int PREPARATIONS_MAX = 4;

    private final RedisConnections connections;
    private final PipelinedConnection appends;
    private final PipelinedConnection queries;
    private final PipelinedConnection bulk;
    private final ValueSealer sealing;
    private final BundleCodec parts;
    private final GroupKeyCache groupKeys;
    private final RedisKeyCache redisKeys;
    private final AppendCommitsScript appendCommits;
    private final WelcomeOutbox outbox;
    private final SweepIndex sweepIndex;
    private final DeletedGroups deletedGroups;
    private final TroubleRegister troubleRegister;
    private final GroupDeletion deletion;
    private final GroupSweeper sweeper;
    private final RosterReads rosters;
    private final LogLimits limits;
    private final InstantSource clock;
    private final GroupInfoBlobCache infoBlobs = new GroupInfoBlobCache();
    private final SubscriptionRegistry followed;
    private final NoticeCodec notices;

    /// @param scheduler runs the timers; its tasks are short
    public RedisGroupLog(
            RedisConnections connections,
            Keyring keyring,
            Scheduler scheduler,
            InstantSource clock) {
        this(connections, keyring, scheduler, clock, LogLimits.DEFAULT);
    }

    /// @param scheduler runs the timers; its tasks are short
    public RedisGroupLog(
            RedisConnections connections,
            Keyring keyring,
            Scheduler scheduler,
            InstantSource clock,
            LogLimits limits) {
        this.limits = limits;
        this.clock = clock;
        this.connections = connections;
        appends = connections.appends();
        queries = connections.queries();
        bulk = connections.bulk();
        sealing = new ValueSealer(keyring.sealing());
        redisKeys = new RedisKeyCache(keyring);
        parts = new BundleCodec(sealing);
        groupKeys = new GroupKeyCache(queries, sealing);
        notices = new NoticeCodec(group -> groupKeys.cached(redisKeys.of(group)));
        appendCommits = new AppendCommitsScript(parts, sealing);
        rosters = new RosterReads(queries, limits);
        outbox = new WelcomeOutbox(connections, sealing, scheduler);
        sweepIndex = new SweepIndex(queries);
        deletedGroups = new DeletedGroups(queries);
        troubleRegister = new TroubleRegister(queries, sealing);
        deletion =
                new GroupDeletion(
                        connections,
                        rosters,
                        sweepIndex,
                        deletedGroups,
                        troubleRegister,
                        clock::millis,
                        this::tellDeleted);
        sweeper = new GroupSweeper(connections, sweepIndex, deletion, limits);
        followed = new SubscriptionRegistry(connections, this::tail, notices, scheduler);
    }

    @Override
    public Mono<CreateOutcome> create(GroupId group, NewGroup newGroup) {
        var keys = redisKeys.of(group);
        var key = GroupKey.generate();
        var create =
                Mono.defer(() ->
                                CreateScript.run(
                                        appends,
                                        keys,
                                        sealing,
                                        parts,
                                        groupKeys.wrap(keys, key),
                                        group,
                                        newGroup,
                                        connections.store()))
                        .doOnNext(outcome -> {
                            if (outcome instanceof CreateOutcome.Created) {
                                groupKeys.remember(keys, key);
                            }
                        });
        return sweepIndex
                .enterCreated(keys, newGroup.policy().retention())
                .onErrorMap(e -> notSent("create", group, e))
                .then(create)
                .onErrorMap(e -> unavailable("create", group, e));
    }

    @Override
    public Mono<GroupSnapshot> load(GroupId group, int recentMax) {
        var keys = redisKeys.of(group);
        return LoadScript.run(queries, keys, sealing, groupKeys, recentMax)
                .doOnNext(loaded -> {
                    enterFound(keys);
                    if (loaded.welcomesPending() > 0) {
                        outbox.tell(group);
                    }
                })
                .map(LoadScript.LoadReply::snapshot)
                .onErrorMap(e -> unavailable("load", group, e));
    }

    /// A group that a release without the index created enters it. The next load repeats what
    /// fails.
    private void enterFound(GroupRedisKeys keys) {
        sweepIndex
                .enterFound(keys)
                .subscribe(
                        _ -> {},
                        e ->
                                LOG.debug(
                                        "group {} is not in the index to sweep: {}",
                                        keys.name(),
                                        e.toString()));
    }

    @Override
    public Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch) {
        var entries = NewEntry.checkDense(expected, batch);
        if (batch.size() > BATCH_MAX) {
            throw new IllegalArgumentException(
                    "a batch has " + BATCH_MAX + " entries at most, not " + batch.size());
        }
        var keys = redisKeys.of(group);
        boolean welcome = batch.stream().anyMatch(added -> added.welcome().isPresent());
        var append = append(group, keys, expected, batch, PREPARATIONS_MAX);
        if (NewEntry.policyAfter(batch).isPresent()) {
            append =
                    sweepIndex
                            .enterForPolicy(keys)
                            .onErrorMap(e -> notSent("append", group, e))
                            .then(append);
        }
        return (welcome ? announced(keys, group).then(append) : append)
                .map(appended -> {
                    var outcome = outcome(group, keys, expected, batch, appended.reply());
                    if (outcome instanceof AppendOutcome.Succeeded(var tail, _)) {
                        var notice = new LogNotice.EntriesAppended(group, entries);
                        tell(keys, notice, tail, appended.stored());
                        if (welcome) {
                            outbox.tell(group);
                        }
                    }
                    return outcome;
                })
                .onErrorMap(e -> unavailable("append", group, e));
    }

    /// The reply of a script, and what it got to append.
    private record AppendReply(List<StoredEntry> stored, ScriptReply reply) {}

    /// Seals the entries and appends them. If the group has another key than this node knows, it
    /// does so again.
    private Mono<AppendReply> append(
            GroupId group,
            GroupRedisKeys keys,
            LogPosition expected,
            List<NewEntry> batch,
            int most) {
        return groupKeys
                .of(keys)
                .onErrorMap(e -> keyUnavailable(group, e))
                .flatMap(key -> {
                    var stored = seal(key, expected, batch);
                    var frame = AppendPreconditions.of(batch, limits, key);
                    var append =
                            AppendCommitsScript.isFor(batch)
                                    ? commit(group, keys, expected, batch, stored, frame)
                                    : AppendScript.run(
                                            appends, keys, expected, batch, stored, frame);
                    return append.map(reply -> new AppendReply(stored, reply));
                })
                .flatMap(appended -> {
                    if (most > 0 && answers(appended.reply(), GROUP_KEY_DIFFERS)) {
                        groupKeys.forget(keys);
                        return append(group, keys, expected, batch, most - 1);
                    }
                    return Mono.just(appended);
                })
                .defaultIfEmpty(new AppendReply(List.of(), new ScriptReply(List.of())));
    }

    private static List<StoredEntry> seal(
            GroupKey key, LogPosition expected, List<NewEntry> batch) {
        return batch.stream()
                .map(NewEntry::entry)
                .map(entry ->
                        EntrySealer.seal(
                                key,
                                expected.incarnation(),
                                entry.position(),
                                EntryCodec.encode(entry)))
                .toList();
    }

    private static Throwable keyUnavailable(GroupId group, Throwable cause) {
        return cause instanceof BrokenSealException
                ? LogUnavailableException.lasting("append: the group's key", group, cause)
                : notSent("append: the group's key", group, cause);
    }

    private Mono<ScriptReply> commit(
            GroupId group,
            GroupRedisKeys keys,
            LogPosition expected,
            List<NewEntry> batch,
            List<StoredEntry> stored,
            AppendPreconditions frame) {
        var staged = StagedRosterDelta.of(batch);
        if (staged.isPresent() && staged.get().added() > limits.membersMax()) {
            // The change was not even staged.
            return Mono.just(
                    new ScriptReply(List.of(ROSTER_FULL, batch.getLast().entry().position())));
        }
        var stage =
                staged.map(change -> change.stage(appends, keys, group))
                        .orElse(Mono.empty())
                        .onErrorMap(e -> notSent("append: staged change", group, e));
        var append =
                stage.then(
                        Mono.defer(() ->
                                appendCommits.run(
                                        appends,
                                        keys,
                                        expected,
                                        batch,
                                        stored,
                                        frame,
                                        staged,
                                        infoBlobs.of(keys))));
        return prepared(append, keys, PREPARATIONS_MAX)
                .doOnNext(reply -> {
                    if (answers(reply, APPENDED)) {
                        // After a void the script reports them to the next commit.
                        NewEntry.storedGroupInfo(batch)
                                .map(GroupInfoBlobCache::names)
                                .ifPresent(names -> infoBlobs.are(keys, names));
                    }
                })
                .doOnNext(reply -> {
                    if (staged.isPresent() && (reply.isEmpty() || reply.number(0) != APPENDED)) {
                        appends.write(c -> c.unlink(keys.staged(staged.get().key())))
                                .subscribe(_ -> {}, _ -> {});
                    }
                });
    }

    /// Performs the preparation that the script requires before it appends, and appends again.
    private Mono<ScriptReply> prepared(Mono<ScriptReply> append, GroupRedisKeys keys, int most) {
        return append.flatMap(reply -> {
            if (most > 0 && answers(reply, MUST_MERGE)) {
                return rosters.merge(keys).then(prepared(append, keys, most - 1));
            }
            if (most > 0 && answers(reply, INFO_BLOBS_DIFFER)) {
                infoBlobs.are(keys, new String(reply.bytes(1), StandardCharsets.US_ASCII));
                return prepared(append, keys, most - 1);
            }
            return Mono.just(reply);
        });
    }

    private static boolean answers(ScriptReply reply, int answer) {
        return !reply.isEmpty() && reply.number(0) == answer;
    }

    private LogUnavailableException clockDiffers(GroupId group, long storeMillis) {
        long seconds = (clock.millis() - storeMillis) / 1_000;
        CLOCK.error(
                "ALARM CLOCK: this node's clock is {} s ahead of the store's: it accepts nothing",
                seconds);
        return LogUnavailableException.lasting(
                "append: this node's clock is " + seconds + " s ahead of the store's", group, null);
    }

    /// The append is not sent until the trace is stored.
    private Mono<Long> announced(GroupRedisKeys keys, GroupId group) {
        return outbox.announce(keys).onErrorMap(e -> notSent("append", group, e));
    }

    /// The failure of a command before the append: the append was not sent.
    private static Throwable notSent(String what, GroupId group, Throwable cause) {
        return RedisUnavailableException.in(cause)
                        .filter(e -> e.failureCause().isLasting())
                        .isPresent()
                ? LogUnavailableException.lasting(what, group, cause)
                : new LogUnavailableException(what, group, CallEffect.NOT_EXECUTED, cause);
    }

    private AppendOutcome outcome(
            GroupId group,
            GroupRedisKeys keys,
            LogPosition expected,
            List<NewEntry> batch,
            ScriptReply reply) {
        if (reply.isEmpty()) {
            return new AppendOutcome.GroupMissing();
        }
        return switch ((int) reply.number(0)) {
            case MUST_MERGE ->
                    throw new LogUnavailableException(
                            "append: a roster change is being merged",
                            group,
                            CallEffect.NOT_EXECUTED,
                            null);
            case ROSTER_FULL -> new AppendOutcome.RosterFull(reply.number(1));
            case CLOCK_DIFFERS -> throw clockDiffers(group, reply.number(1));
            case INFO_BLOBS_DIFFER ->
                    throw new LogUnavailableException(
                            "append: the GroupInfo keeps changing", group, null);
            case GROUP_KEY_DIFFERS ->
                    throw new LogUnavailableException(
                            "append: the group's key keeps changing",
                            group,
                            CallEffect.NOT_EXECUTED,
                            null);
            case LOG_FULL -> new AppendOutcome.LogFull();
            case APPENDED ->
                    new AppendOutcome.Succeeded(
                            new GroupTail(
                                    AppendScript.after(expected, batch),
                                    reply.number(1),
                                    reply.number(2)),
                            reply.number(3) != 0);
            case 0 -> elsewhere(group, keys, expected, reply);
            case 3 -> blobsMissing(batch, reply);
            default ->
                    throw new IllegalStateException(
                            "a commit for another epoch than "
                                    + reply.number(1)
                                    + ", group "
                                    + group);
        };
    }

    private static AppendOutcome blobsMissing(List<NewEntry> batch, ScriptReply reply) {
        var referred = new ReferencedBlobs(batch).sha256s();
        var missing = new HashSet<Bytes>();
        for (int i = 1; i < reply.size(); i++) {
            missing.add(referred.get((int) reply.number(i)));
        }
        return new AppendOutcome.BlobsMissing(missing);
    }

    private AppendOutcome elsewhere(
            GroupId group, GroupRedisKeys keys, LogPosition expected, ScriptReply reply) {
        var tail = MetaCodec.tail(reply, 1);
        var reader = groupKeys.reader(keys, tail, reply.bytes(5));
        return tail.last().incarnation().equals(expected.incarnation())
                ? AppendOutcome.behind(group, expected, tail, reader.readRange(reply.list(4)))
                : new AppendOutcome.Diverged(tail);
    }

    /// Notifies the followers on this node at once, and those on other nodes through the channel of
    /// the group.
    private void tell(
            GroupRedisKeys keys,
            LogNotice.EntriesAppended notice,
            GroupTail tail,
            List<StoredEntry> stored) {
        publish(keys, notices.appended(tail, stored))
                .subscribe(
                        _ -> {},
                        failure ->
                                LOG.debug(
                                        "no notice to other nodes of group {} position {}: {}",
                                        notice.group(),
                                        tail.position(),
                                        failure.toString()));
        followed.tell(keys, notice, tail);
    }

    /// A node that does not get the notice finds the change when it compares the group's tail.
    private void tellDeleted(GroupRedisKeys keys) {
        publish(keys, notices.deleted())
                .subscribe(
                        _ -> {},
                        failure ->
                                LOG.debug(
                                        "no notice to other nodes that group {} is deleted: {}",
                                        keys.name(),
                                        failure.toString()));
        followed.tellDeleted(keys);
    }

    private Mono<Long> publish(GroupRedisKeys keys, byte[] message) {
        return appends.send(commands -> commands.publish(keys.channel(), message));
    }

    @Override
    public Mono<ReadOutcome> read(GroupId group, long afterPosition, int countMax, int bytesMax) {
        return ReadScript.run(
                        bulk, redisKeys.of(group), groupKeys, afterPosition, countMax, bytesMax)
                .onErrorMap(e -> unavailable("read", group, e));
    }

    @Override
    public Mono<GroupTail> tail(GroupId group) {
        var keys = redisKeys.of(group);
        return queries.send(commands -> commands.hmget(keys.meta(), TAIL_FIELDS))
                .filter(fields -> fields.getFirst().hasValue())
                .map(fields -> MetaCodec.tail(ScriptReply.ofFields(fields), 0))
                .onErrorMap(e -> unavailable("tail", group, e));
    }

    @Override
    public Mono<OptionalLong> find(GroupId group, long epoch, Bytes sha256) {
        var keys = redisKeys.of(group);
        var hashes =
                ResendPeriods.upTo(clock.millis()).stream()
                        .map(period -> keys.seen(epoch, period))
                        .toArray(byte[][]::new);
        return FIND.run(queries, hashes, AppendScript.resendKey(sha256))
                .map(ScriptReply::of)
                .map(found ->
                        found.isEmpty() ? OptionalLong.empty() : OptionalLong.of(found.number(0)))
                .onErrorMap(e -> unavailable("find", group, e));
    }

    @Override
    public Mono<Optional<Membership>> membership(GroupId group, MemberId member) {
        var keys = redisKeys.of(group);
        return rosters.values(group, keys, keys.roster(), List.of(member.bytes().toArray()))
                .map(values ->
                        values.getFirst().map(packed -> MetaCodec.membership(Bytes.wrap(packed))))
                .onErrorMap(e -> unavailable("membership", group, e));
    }

    @Override
    public Mono<Map<MemberId, Optional<Membership>>> memberships(
            GroupId group, Set<MemberId> members) {
        if (members.isEmpty()) {
            return Mono.just(Map.of());
        }
        var keys = redisKeys.of(group);
        var asked = List.copyOf(members);
        var fields = asked.stream().map(m -> m.bytes().toArray()).toList();
        return rosters.values(group, keys, keys.roster(), fields)
                .map(values -> RosterReply.read(group, asked, values))
                .onErrorMap(e -> unavailable("memberships", group, e));
    }

    @Override
    public Mono<Boolean> hasDeviceOf(GroupId group, UserPseudonym owner) {
        var keys = redisKeys.of(group);
        return rosters.values(group, keys, keys.owners(), List.of(owner.bytes().toArray()))
                .map(values -> values.getFirst().isPresent())
                .onErrorMap(e -> unavailable("membership", group, e));
    }

    @Override
    public Mono<Optional<GroupRules>> policy(GroupId group) {
        var key = redisKeys.of(group).meta();
        return queries.send(commands -> commands.hmget(key, POLICY_FIELDS))
                .filter(fields -> fields.getFirst().hasValue())
                .map(fields -> Optional.of(MetaCodec.policy(ScriptReply.ofFields(fields))))
                .defaultIfEmpty(Optional.empty())
                .onErrorMap(e -> unavailable("policy", group, e));
    }

    @Override
    public Mono<Optional<StoredGroupInfo>> groupInfo(GroupId group) {
        var key = redisKeys.of(group).info();
        return bulk.send(commands -> commands.get(key))
                .map(sealed -> Optional.of(parts.openInfo(sealed)))
                .defaultIfEmpty(Optional.empty())
                .onErrorMap(e -> unavailable("GroupInfo", group, e));
    }

    @Override
    public Mono<GroupInfoOutcome> fileGroupInfo(
            GroupId group, Bytes incarnation, long seen, StoredGroupInfo groupInfo) {
        var keys = redisKeys.of(group);
        var file =
                Mono.defer(() ->
                        FileGroupInfoScript.run(
                                appends,
                                keys,
                                parts,
                                incarnation,
                                seen,
                                groupInfo,
                                infoBlobs.of(keys)));
        return prepared(file, keys, PREPARATIONS_MAX)
                .map(reply -> filed(group, keys, groupInfo, reply))
                .onErrorMap(e -> unavailable("GroupInfo", group, e));
    }

    private GroupInfoOutcome filed(
            GroupId group, GroupRedisKeys keys, StoredGroupInfo groupInfo, ScriptReply reply) {
        if (reply.isEmpty()) {
            return new GroupInfoOutcome.GroupMissing();
        }
        return switch ((int) reply.number(0)) {
            case 1 -> {
                infoBlobs.are(keys, GroupInfoBlobCache.names(groupInfo));
                yield new GroupInfoOutcome.Filed();
            }
            case 0 -> new GroupInfoOutcome.EpochDiffers(MetaCodec.tail(reply, 1));
            case 3 -> {
                var missing = new HashSet<Bytes>();
                for (int i = 1; i < reply.size(); i++) {
                    missing.add(groupInfo.references().get((int) reply.number(i)).sha256());
                }
                yield new GroupInfoOutcome.BlobsMissing(missing);
            }
            default ->
                    throw new LogUnavailableException(
                            "the GroupInfo keeps changing", group, CallEffect.NOT_EXECUTED, null);
        };
    }

    @Override
    public Mono<Void> relay(LogNotice.EphemeralMessage ephemeral) {
        var keys = redisKeys.of(ephemeral.group());
        return Mono.defer(
                        () -> {
                            followed.tell(keys, ephemeral);
                            return publish(keys, notices.relayed(ephemeral)).then();
                        })
                .onErrorMap(e -> unavailable("relay", ephemeral.group(), e));
    }

    @Override
    public Flux<LogNotice> follow(GroupId group) {
        return followed.follow(group, redisKeys.of(group));
    }

    @Override
    public Flux<GroupId> welcomesPending() {
        return outbox.pending();
    }

    @Override
    public Mono<List<PendingWelcome>> pendingWelcomes(GroupId group) {
        var key = redisKeys.of(group).welcomes();
        return bulk.send(commands -> commands.hrandfield(key, WELCOMES_MAX))
                .flatMapIterable(positions -> positions)
                .concatMap(position ->
                        bulk.send(commands -> commands.hget(key, position))
                                .map(value ->
                                        parts.openWelcome(ScriptReply.number(position), value)))
                .sort(Comparator.comparingLong(welcome -> welcome.logPosition().position()))
                .collectList()
                .onErrorMap(e -> unavailable("pending Welcomes", group, e));
    }

    @Override
    public Mono<Void> welcomesReleased(GroupId group, List<Long> positions) {
        if (positions.isEmpty()) {
            return Mono.empty();
        }
        var key = redisKeys.of(group).welcomes();
        var fields = positions.stream().map(Script::number).toArray(byte[][]::new);
        return queries.write(commands -> commands.hdel(key, fields))
                .then()
                .onErrorMap(e -> unavailable("release of Welcomes", group, e));
    }

    @Override
    public Mono<Long> trim(GroupId group, Duration age) {
        return new TrimScript(bulk, redisKeys.of(group), age, limits)
                .run()
                .onErrorMap(e -> unavailable("trim", group, e));
    }

    @Override
    public Mono<SweepOutcome> sweep(int stepsMax) {
        return sweeper.sweep(stepsMax);
    }

    @Override
    public Mono<DeleteOutcome> delete(GroupId group, DeleteCondition condition) {
        return deletion.delete(redisKeys.of(group), condition)
                .onErrorMap(e -> unavailable("delete", group, e));
    }

    @Override
    public Mono<Boolean> isDeleted(GroupId group, Bytes incarnation) {
        return deletedGroups
                .isDeleted(redisKeys.of(group), incarnation)
                .onErrorMap(e -> unavailable("deletions", group, e));
    }

    @Override
    public Mono<Void> noteTroubles(GroupId group, List<Trouble> noted) {
        return troubleRegister
                .note(redisKeys.of(group), noted)
                .onErrorMap(e -> unavailable("register of troubles", group, e));
    }

    @Override
    public Mono<GroupTroubles> troubles(GroupId group) {
        return troubleRegister
                .troubles(redisKeys.of(group))
                .onErrorMap(e -> unavailable("register of troubles", group, e));
    }

    @Override
    public Mono<TroubledGroups> troubledGroups(String after, int countMax) {
        return troubleRegister.page(TroubleCursor.parse(after), countMax);
    }

    private static Throwable unavailable(String what, GroupId group, Throwable cause) {
        if (cause instanceof LogUnavailableException || cause instanceof IllegalStateException) {
            return cause;
        }
        var failure = RedisUnavailableException.in(cause);
        var effect = failure.map(RedisUnavailableException::effect).orElse(CallEffect.UNKNOWN);
        boolean lasting = failure.filter(e -> e.failureCause().isLasting()).isPresent();
        return effect == CallEffect.NOT_EXECUTED && lasting
                ? LogUnavailableException.lasting(what, group, cause)
                : new LogUnavailableException(what, group, effect, cause);
    }

    @Override
    public void close() {
        followed.close();
    }
}
