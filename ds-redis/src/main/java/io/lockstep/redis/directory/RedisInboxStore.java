package io.lockstep.redis.directory;

import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lockstep.auth.ClientId;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.Mail;
import io.lockstep.log.DeploymentKey;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisLine;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Reply;
import io.lockstep.redis.Script;
import io.lockstep.redis.Sealing;
import io.lockstep.redis.UnsealableException;
import io.lockstep.wire.Bytes;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Inboxes on Redis: one hash per client. All nodes hear on one channel for whom mail was filed.
public final class RedisInboxStore implements InboxStore {
    private static final Logger log = LoggerFactory.getLogger(RedisInboxStore.class);
    private static final Script FILE = Script.of("directory/file");
    private static final Script ACKNOWLEDGE = Script.freeing("directory/acknowledge");
    private static final byte[] CHANNEL = Script.ascii("ls:inbox");
    private static final int FILED_AT_ONCE = 256;

    /// Lua unpacks no more than some thousands.
    private static final int ACKNOWLEDGED_AT_ONCE = 1_000;

    private final InstantSource clock;
    private final RedisLine line;
    private final ClientKeys keys;
    private final SealedValues values;
    private final Sinks.Many<ClientId> filed = Sinks.many().multicast().directBestEffort();

    /// Blocks until the subscription to the channel stands.
    public RedisInboxStore(RedisConnections connections, DeploymentKey key) {
        this(connections, key, InstantSource.system());
    }

    /// @param clock tells when mail is too old
    public RedisInboxStore(RedisConnections connections, DeploymentKey key, InstantSource clock) {
        this.clock = clock;
        line = connections.bulk();
        keys = new ClientKeys(key);
        values = new SealedValues(new Sealing(key));
        var news = connections.news();
        news.addListener(new Listener());
        var timeout = connections.settings().commandTimeout();
        Mono.fromCompletionStage(() -> news.async().subscribe(CHANNEL)).block(timeout);
    }

    @Override
    public Mono<Void> file(Map<ClientId, List<Mail>> mail) {
        return Flux.fromIterable(mail.entrySet())
                .filter(entry -> !entry.getValue().isEmpty())
                .flatMap(entry -> file(entry.getKey(), entry.getValue()), FILED_AT_ONCE)
                .then()
                .onErrorMap(e -> partly("file", e));
    }

    private Mono<Void> file(ClientId client, List<Mail> pieces) {
        var arguments = new ArrayList<byte[]>(1 + 2 * pieces.size());
        arguments.add(Script.number(MAIL_LIFE.toMillis()));
        long expires = clock.millis() + MAIL_LIFE.toMillis();
        for (var piece : pieces) {
            arguments.add(piece.id().toArray());
            arguments.add(values.seal(piece, expires));
        }
        return FILE.run(line, new byte[][] {keys.inbox(client)}, arguments.toArray(byte[][]::new))
                .then(
                        line.send(commands ->
                                commands.publish(CHANNEL, values.seal(client.toString()))))
                .then();
    }

    @Override
    public Mono<List<Mail>> list(ClientId client) {
        return line.send(commands -> commands.hgetall(keys.inbox(client)))
                .map(this::inOrder)
                .defaultIfEmpty(List.of())
                .onErrorMap(e -> unavailable("list", e));
    }

    private List<Mail> inOrder(Map<byte[], byte[]> inbox) {
        record Numbered(long number, Mail mail) {}
        var all = new ArrayList<Numbered>();
        inbox.forEach((id, value) -> {
            int colon = colon(value);
            if (colon >= 0) {
                var number = Reply.number(Arrays.copyOf(value, colon));
                var opened = values.openMail(Bytes.copyOf(id), value, colon + 1);
                if (!opened.isExpired(clock.millis())) {
                    all.add(new Numbered(number, opened.mail()));
                }
            }
        });
        all.sort(Comparator.comparingLong(Numbered::number));
        return all.stream().map(Numbered::mail).toList();
    }

    /// Where the first colon is; -1 in the field that counts.
    private static int colon(byte[] value) {
        for (int i = 0; i < value.length; i++) {
            if (value[i] == ':') {
                return i;
            }
        }
        return -1;
    }

    @Override
    public Mono<Long> acknowledge(ClientId client, Set<Bytes> ids) {
        return Flux.fromIterable(ids)
                // Of another length is the field that counts.
                .filter(id -> id.size() == Mail.ID_BYTES)
                .map(Bytes::toArray)
                .buffer(ACKNOWLEDGED_AT_ONCE)
                .concatMap(some ->
                        ACKNOWLEDGE.run(
                                line,
                                new byte[][] {keys.inbox(client)},
                                some.toArray(byte[][]::new)))
                .reduce(0L, (gone, reply) -> gone + Reply.of(reply).number(0))
                .onErrorMap(e -> partly("acknowledge", e));
    }

    @Override
    public Mono<Void> clear(ClientId client) {
        return line.write(commands -> commands.unlink(keys.inbox(client)))
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

    /// What takes several commands may have happened in part.
    private static Throwable partly(String what, Throwable cause) {
        return RedisUnavailableException.translated(
                cause, (_, e) -> new DirectoryUnavailableException("inbox: " + what, e));
    }

    /// Called on one thread, that of the connection.
    private final class Listener extends RedisPubSubAdapter<byte[], byte[]> {
        @Override
        public void message(byte[] channel, byte[] message) {
            if (Arrays.equals(channel, CHANNEL)) {
                try {
                    // A hint: who does not keep up, or is not there, looks for itself.
                    var _ = filed.tryEmitNext(ClientId.parse(values.openName(message)));
                } catch (UnsealableException e) {
                    log.warn("a notice of mail cannot be read", e);
                }
            }
        }
    }
}
