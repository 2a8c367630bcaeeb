package io.lockstep.redis.directory;

import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lockstep.auth.ClientId;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.ValueSealer;
import io.lockstep.runtime.Keyring;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// [InboxStore] on Redis. Small records of each item are separate from the sealed items, which are
/// read in pages. One channel tells all nodes for which clients an item was filed.
public final class RedisInboxStore implements InboxStore {
    private static final Logger LOG = LoggerFactory.getLogger(RedisInboxStore.class);

    /// For log lines that clients can cause.
    private static final RateLimitedLogger OF_CLIENTS = RateLimitedLogger.of(RedisInboxStore.class);

    private static final String INBOX = "directory/inbox";
    private static final Script FILE = Script.of(INBOX, "directory/file");
    private static final Script PAGE = Script.pruning(INBOX, "directory/page");
    private static final Script ITEM = Script.reading(INBOX, "directory/item");
    private static final Script ACKNOWLEDGE = Script.freeing(INBOX, "directory/acknowledge");
    private static final Script SUMMARY = Script.pruning(INBOX, "directory/summary");
    private static final byte[] CHANNEL = Script.ascii("ls:inbox");

    /// The number of clients for whom items are filed at the same time.
    private static final int FILED_AT_ONCE = 256;

    private static final int ASKED_AT_ONCE = 256;

    /// Items for one client in one script call, and their bytes: a few milliseconds of Redis.
    private static final int STEP_MAX = 16;

    private static final int SCRIPT_BYTES_MAX = 256 << 10;

    private final PipelinedConnection connection;
    private final ClientRedisKeys keys;
    private final SealedValueCodec values;
    private final LongSupplier shiftMillis;
    private final Sinks.Many<ClientId> filed = Sinks.many().multicast().directBestEffort();

    /// Blocks until the channel is subscribed.
    public RedisInboxStore(RedisConnections connections, Keyring keyring) {
        this(connections, keyring, () -> 0);
    }

    /// @param shiftMillis milliseconds added to Redis's clock; 0 except in tests
    RedisInboxStore(RedisConnections connections, Keyring keyring, LongSupplier shiftMillis) {
        this.shiftMillis = shiftMillis;
        connection = connections.bulk();
        keys = new ClientRedisKeys(keyring);
        values = new SealedValueCodec(new ValueSealer(keyring.sealing()));
        var subscriptions = connections.subscriptions();
        subscriptions.addListener(new InboxListener());
        var timeout = connections.settings().commandTimeout();
        Mono.fromCompletionStage(() -> subscriptions.async().subscribe(CHANNEL)).block(timeout);
    }

    private byte[] shift() {
        return Script.number(shiftMillis.getAsLong());
    }

    @Override
    public Mono<Void> file(Bytes sender, Map<ClientId, List<InboxItem>> items) {
        return Flux.fromIterable(items.entrySet())
                .filter(entry -> !entry.getValue().isEmpty())
                .flatMap(entry -> file(sender, entry.getKey(), entry.getValue()), FILED_AT_ONCE)
                .then()
                .onErrorMap(e -> partly("file", e));
    }

    private Mono<Void> file(Bytes sender, ClientId client, List<InboxItem> items) {
        return Flux.fromIterable(steps(keys.senderMark(client, sender), items))
                .concatMap(step -> FILE.run(connection, keys.inbox(client), step))
                .doOnNext(reply -> {
                    if (ScriptReply.of(reply).number(1) > 0) {
                        OF_CLIENTS.warn(
                                "an inbox is full: {} items dropped",
                                ScriptReply.of(reply).number(1));
                    }
                })
                .then(
                        connection.send(commands ->
                                commands.publish(CHANNEL, values.seal(client.toString()))))
                .then();
    }

    private List<byte[][]> steps(String senderMark, List<InboxItem> items) {
        var steps = new ArrayList<byte[][]>();
        var step = head(senderMark);
        int count = 0;
        long bytes = 0;
        for (var item : items) {
            var sealed = values.seal(item);
            if (count > 0 && (count == STEP_MAX || bytes + sealed.length > SCRIPT_BYTES_MAX)) {
                steps.add(step.toArray(byte[][]::new));
                step = head(senderMark);
                count = 0;
                bytes = 0;
            }
            step.add(item.id().toArray());
            step.add(Script.ascii(keys.refMark(item.keyPackageRef())));
            // An item that is too long to be stored exceeds every share.
            step.add(item.bytes() > ITEM_BYTES_MAX ? new byte[0] : sealed);
            count++;
            bytes += sealed.length;
        }
        steps.add(step.toArray(byte[][]::new));
        return steps;
    }

    private List<byte[]> head(String senderMark) {
        var head = new ArrayList<byte[]>();
        head.add(shift());
        head.add(Script.number(ITEM_TTL.toMillis()));
        head.add(Script.number(WEIGHT_MAX));
        head.add(Script.number(KEY_PACKAGE_WEIGHT_MAX));
        head.add(Script.number(SENDER_WEIGHT_MAX));
        head.add(Script.number(ITEM_WEIGHT));
        head.add(Script.ascii(senderMark));
        return head;
    }

    @Override
    public Mono<Set<ClientId>> shareUsed(Bytes sender, Collection<ClientId> clients) {
        return Flux.fromIterable(clients)
                .flatMap(
                        client ->
                                connection
                                        .send(commands ->
                                                commands.zscore(
                                                        keys.mailSenders(client),
                                                        Script.ascii(
                                                                keys.senderMark(client, sender))))
                                        .filter(weight -> weight + ITEM_WEIGHT > SENDER_WEIGHT_MAX)
                                        .map(_ -> client),
                        ASKED_AT_ONCE)
                .collect(Collectors.toSet())
                .onErrorMap(e -> unavailable("share", e));
    }

    @Override
    public Mono<InboxPage> page(ClientId client, long after) {
        return Mono.defer(() ->
                        PAGE.run(
                                connection,
                                keys.inbox(client),
                                shift(),
                                Script.number(after),
                                Script.number(PAGE_MAX),
                                Script.number(PAGE_BYTES_MAX),
                                Script.number(ITEM_WEIGHT)))
                .map(reply -> page(after, ScriptReply.of(reply)))
                .onErrorMap(e -> unavailable("page", e));
    }

    private InboxPage page(long after, ScriptReply reply) {
        var items = new ArrayList<NumberedItem>();
        long last = after;
        for (int i = 2; i < reply.size(); i += 3) {
            last = reply.number(i);
            try {
                items.add(
                        new NumberedItem(
                                last, values.openMail(reply.value(i + 1), reply.bytes(i + 2))));
            } catch (BrokenSealException e) {
                // The items after it must not wait for its repair.
                LOG.error("an inbox item cannot be read", e);
            }
        }
        return new InboxPage(items, Math.max(last, reply.number(1)), reply.number(0) == 1);
    }

    @Override
    public Mono<InboxItem> item(ClientId client, Bytes id) {
        return Mono.defer(() -> ITEM.run(connection, keys.inbox(client), shift(), id.toArray()))
                .map(ScriptReply::of)
                .filter(reply -> !reply.isEmpty())
                .map(reply -> values.openMail(id, reply.bytes(0)))
                .onErrorMap(e -> unavailable("inbox item", e));
    }

    @Override
    public Mono<Long> acknowledge(ClientId client, Set<Bytes> ids) {
        return Flux.fromIterable(ids)
                // Fields of another length are counters.
                .filter(id -> id.size() == InboxItem.ID_BYTES)
                .map(Bytes::toArray)
                .buffer(ACKNOWLEDGED_MAX)
                .concatMap(some -> {
                    var arguments = new ArrayList<byte[]>(some);
                    arguments.addFirst(shift());
                    return ACKNOWLEDGE.run(
                            connection, keys.inbox(client), arguments.toArray(byte[][]::new));
                })
                .reduce(0L, (gone, reply) -> gone + ScriptReply.of(reply).number(0))
                .onErrorMap(e -> partly("acknowledge", e));
    }

    @Override
    public Mono<InboxSummary> summary(ClientId client) {
        return Mono.defer(() -> SUMMARY.run(connection, keys.inbox(client), shift()))
                .map(ScriptReply::of)
                .map(reply -> new InboxSummary(reply.number(0), reply.number(1), reply.number(2)))
                .onErrorMap(e -> unavailable("summary", e));
    }

    @Override
    public Mono<Void> clear(ClientId client) {
        return connection
                .write(commands -> commands.unlink(keys.inbox(client)))
                .then()
                .onErrorMap(e -> unavailable("clear", e));
    }

    @Override
    public Flux<ClientId> filed() {
        return filed.asFlux();
    }

    private static Throwable unavailable(String what, Throwable cause) {
        return RedisUnavailableException.translated(
                cause,
                (effect, e) -> new DirectoryUnavailableException("inbox: " + what, effect, e));
    }

    /// Several commands may have been executed in part.
    private static Throwable partly(String what, Throwable cause) {
        return RedisUnavailableException.translated(
                cause, (_, e) -> new DirectoryUnavailableException("inbox: " + what, e));
    }

    /// Confined to one thread, that of the connection.
    private final class InboxListener extends RedisPubSubAdapter<byte[], byte[]> {
        @Override
        public void message(byte[] channel, byte[] message) {
            if (Arrays.equals(channel, CHANNEL)) {
                try {
                    // A hint: a slow or absent subscriber reads the inbox itself.
                    var _ = filed.tryEmitNext(ClientId.parse(values.openName(message)));
                } catch (BrokenSealException e) {
                    LOG.warn("a notice of an inbox item cannot be read", e);
                }
            }
        }
    }
}
