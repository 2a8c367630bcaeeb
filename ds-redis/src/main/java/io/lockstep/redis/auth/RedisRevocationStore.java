package io.lockstep.redis.auth;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.Range.Boundary;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lockstep.auth.AuthenticationUnavailableException;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.ValueSealer;
import io.lockstep.redis.directory.ClientRedisKeys;
import io.lockstep.redis.directory.SealedValueCodec;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.Keyring;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/// [RevocationStore] on Redis. One hash per user contains all revocations; one short stream
/// contains the newest. Every node reads the stream when a notice arrives on a channel, and also
/// every second: a notice may be lost, but a session must not outlive its device.
public final class RedisRevocationStore implements RevocationStore, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisRevocationStore.class);
    private static final Script REVOKE = Script.freeing("directory/revoke");
    private static final byte[] STREAM = Script.ascii("ls:revocations");
    private static final byte[] CHANNEL = Script.ascii("ls:revoked");
    private static final byte[] EMPTY = {};
    private static final String CLIENT = "c";
    private static final String TIME = "t";
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

    /// More revocations than an outage of a node can miss in practice.
    private static final int NEWS_MAX = 10_000;

    /// Devices of one user that published and were revoked: more than one person has in a lifetime.
    private static final int KNOWN_PER_USER_MAX = 10_000;

    private static final int READ_AT_ONCE = 1_000;

    private final PipelinedConnection connection;
    private final ClientRedisKeys keys;
    private final SealedValueCodec values;
    private final Sinks.Many<Revocation> notices = Sinks.many().multicast().directBestEffort();
    private final Sinks.Many<Boolean> hints = Sinks.many().multicast().directBestEffort();
    private final Disposable looking;

    /// The id of the last stream entry that was read. One read at a time changes it.
    private volatile String last;

    /// Blocks until the channel is subscribed.
    public RedisRevocationStore(RedisConnections connections, Keyring keyring, Scheduler timers) {
        connection = connections.authentication();
        keys = new ClientRedisKeys(keyring);
        values = new SealedValueCodec(new ValueSealer(keyring.sealing()));
        var timeout = connections.settings().commandTimeout();
        last = newest().blockOptional(timeout).orElse("0-0");
        var subscription = connections.subscriptions();
        subscription.addListener(new RevocationListener());
        Mono.fromCompletionStage(() -> subscription.async().subscribe(CHANNEL)).block(timeout);
        looking =
                Flux.merge(
                                FaultBarrier.ticks(LOOK_INTERVAL, LOOK_INTERVAL, timers)
                                        .map(_ -> true),
                                hints.asFlux())
                        .onBackpressureLatest()
                        .concatMap(
                                _ -> FaultBarrier.flux("a read of revocations", this::readNew), 1)
                        .subscribe();
    }

    private Mono<String> newest() {
        return connection
                .send(commands -> commands.xrevrange(STREAM, Range.unbounded(), Limit.from(1)))
                .flatMapIterable(messages -> messages)
                .next()
                .map(StreamMessage::getId);
    }

    @Override
    public Mono<Boolean> revoke(Revocation revocation, boolean known) {
        var client = revocation.client();
        return REVOKE.run(
                        connection,
                        new byte[][] {keys.revoked(client.user())},
                        Script.ascii(keys.name(client)),
                        Script.number(revocation.at().toEpochMilli()),
                        Script.number(known ? KNOWN_PER_USER_MAX : PER_USER_MAX))
                .map(reply -> ScriptReply.of(reply).number(0) == 1)
                .flatMap(revoked -> revoked ? tell(revocation).thenReturn(true) : Mono.just(false))
                .onErrorMap(e -> unavailable("revoke", e));
    }

    private Mono<Void> tell(Revocation revocation) {
        return connection
                .write(commands ->
                        commands.xadd(
                                STREAM,
                                XAddArgs.Builder.maxlen(NEWS_MAX).approximateTrimming(),
                                Map.of(
                                        Script.ascii(CLIENT),
                                        values.seal(revocation.client().toString()),
                                        Script.ascii(TIME),
                                        Script.number(revocation.at().toEpochMilli()))))
                .then(connection.send(commands -> commands.publish(CHANNEL, EMPTY)))
                .then();
    }

    @Override
    public Mono<Revocation> of(ClientId client) {
        return connection
                .send(commands ->
                        commands.hget(keys.revoked(client.user()), Script.ascii(keys.name(client))))
                .map(millis ->
                        new Revocation(client, Instant.ofEpochMilli(ScriptReply.number(millis))))
                .onErrorMap(e -> unavailable("read", e));
    }

    @Override
    public Flux<Revocation> notices() {
        return notices.asFlux();
    }

    /// Never fails: the next read includes what this one could not read.
    private Mono<Void> readNew() {
        return connection
                .send(commands ->
                        commands.xrange(
                                STREAM,
                                Range.from(Boundary.excluding(last), Boundary.unbounded()),
                                Limit.from(READ_AT_ONCE)))
                .doOnNext(this::read)
                .then()
                .onErrorResume(error -> {
                    LOG.debug("revocations not read: {}", error.toString());
                    return Mono.empty();
                });
    }

    private void read(List<StreamMessage<byte[], byte[]>> messages) {
        for (var message : messages) {
            last = message.getId();
            try {
                read(message);
            } catch (BrokenSealException | IllegalArgumentException e) {
                LOG.warn("a revocation cannot be read", e);
            }
        }
    }

    private void read(StreamMessage<byte[], byte[]> message) {
        byte[] client = EMPTY;
        byte[] millis = EMPTY;
        for (var field : message.getBody().entrySet()) {
            switch (new String(field.getKey(), StandardCharsets.US_ASCII)) {
                case CLIENT -> client = field.getValue();
                case TIME -> millis = field.getValue();
                default -> {}
            }
        }
        var name = ClientId.parse(values.openName(client));
        var _ =
                notices.tryEmitNext(
                        new Revocation(name, Instant.ofEpochMilli(ScriptReply.number(millis))));
    }

    private static Throwable unavailable(String what, Throwable cause) {
        return RedisUnavailableException.translated(
                cause, (_, e) -> new AuthenticationUnavailableException("revocations: " + what, e));
    }

    @Override
    public void close() {
        looking.dispose();
    }

    /// Confined to one thread, that of the connection.
    private final class RevocationListener extends RedisPubSubAdapter<byte[], byte[]> {
        @Override
        public void message(byte[] channel, byte[] message) {
            if (Arrays.equals(channel, CHANNEL)) {
                var _ = hints.tryEmitNext(true);
            }
        }
    }
}
