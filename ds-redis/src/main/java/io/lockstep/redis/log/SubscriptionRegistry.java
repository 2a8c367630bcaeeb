package io.lockstep.redis.log;

import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.redis.RedisConnections;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// The groups that this node follows: one channel subscription for each group, shared by all its
/// followers. The last follower ends it.
///
/// Notices may be lost. After a break of the connection the tail of every followed group is
/// compared with the known tail. A timer also compares at most [#COMPARED_PER_TICK] groups in each
/// tick, in rotation. It skips groups with a notice since the previous tick.
///
/// The subscriptions in Redis may differ from the groups that are followed: a command was abandoned
/// during a break, or overtook another one because it was sent on the thread of the connection. So
/// each time a subscription begins or ends, it is corrected to match the followed groups.
final class SubscriptionRegistry implements AutoCloseable {
    private static final RateLimitedLogger LOG = RateLimitedLogger.of(SubscriptionRegistry.class);
    private static final int COMPARED_AT_ONCE = 64;

    /// Groups whose tails one tick reads: about a millisecond of Redis. More groups are spread over
    /// several ticks.
    static final int COMPARED_PER_TICK = 512;

    private final StatefulRedisPubSubConnection<byte[], byte[]> connection;
    private final Function<GroupId, Mono<GroupTail>> tails;
    private final NoticeCodec notices;
    private final Disposable heartbeat;
    private final ConcurrentHashMap<String, GroupSubscription> groups = new ConcurrentHashMap<>();
    private final TailCheckSchedule turns = new TailCheckSchedule(COMPARED_PER_TICK);

    SubscriptionRegistry(
            RedisConnections connections,
            Function<GroupId, Mono<GroupTail>> tails,
            NoticeCodec notices,
            Scheduler scheduler) {
        this.connection = connections.subscriptions();
        this.tails = tails;
        this.notices = notices;
        connection.addListener(new ChannelListener());
        heartbeat =
                FaultBarrier.ticks(
                                connections.settings().heartbeat(),
                                connections.settings().heartbeat(),
                                scheduler)
                        .concatMap(_ -> FaultBarrier.flux("a comparison", this::compareAll))
                        .subscribe();
    }

    Flux<LogNotice> follow(GroupId group, GroupRedisKeys keys) {
        return Flux.defer(() -> {
            var channel = channel(keys.channel());
            var followed =
                    groups.compute(
                            channel,
                            (_, before) ->
                                    (before == null
                                                    ? new GroupSubscription(
                                                            group, subscribe(group, keys))
                                                    : before)
                                            .retained());
            return followed.subscribed()
                    .then(Mono.defer(() -> tails.apply(group)))
                    .doOnNext(followed::found)
                    .flatMapMany(_ -> followed.notices())
                    .doFinally(_ -> release(channel, keys));
        });
    }

    /// Delivers what this node itself appended or relayed.
    void tell(GroupRedisKeys keys, LogNotice notice, GroupTail tail) {
        var followed = groups.get(channel(keys.channel()));
        if (followed != null) {
            followed.heard(notice, tail);
        }
    }

    void tell(GroupRedisKeys keys, LogNotice.EphemeralMessage ephemeral) {
        var followed = groups.get(channel(keys.channel()));
        if (followed != null) {
            followed.heard(ephemeral);
        }
    }

    /// The group is deleted: its followers complete.
    void tellDeleted(GroupRedisKeys keys) {
        var followed = groups.get(channel(keys.channel()));
        if (followed != null) {
            followed.onMissing();
        }
    }

    private Mono<Void> subscribe(GroupId group, GroupRedisKeys keys) {
        return Mono.fromCompletionStage(() -> connection.async().subscribe(keys.channel()))
                .onErrorMap(e -> new LogUnavailableException("follow", group, e))
                .cache();
    }

    private void release(String channel, GroupRedisKeys keys) {
        groups.computeIfPresent(
                channel,
                (_, followed) -> {
                    if (followed.released()) {
                        return followed;
                    }
                    if (connection.isOpen()) {
                        var _ = connection.async().unsubscribe(keys.channel());
                    }
                    return null;
                });
    }

    /// A group whose comparison fails does not stop the others.
    private Mono<Void> compareAll() {
        return Flux.fromIterable(turns.next(groups.values()))
                .flatMap(
                        followed ->
                                compare(followed)
                                        .onErrorResume(failure -> notVerified(followed, failure)),
                        COMPARED_AT_ONCE)
                .then();
    }

    private static Mono<Void> notVerified(GroupSubscription followed, Throwable failure) {
        LOG.warn("cannot compare group {}: {}", followed.group(), failure.toString());
        return Mono.empty();
    }

    private Mono<Void> compare(GroupSubscription followed) {
        var before = followed.latest();
        return tails.apply(followed.group())
                .doOnNext(tail -> followed.verified(before, tail))
                .switchIfEmpty(Mono.fromRunnable(followed::onMissing))
                .then();
    }

    /// Runs under the lock of the map entry, so the next follower subscribes after it.
    private @Nullable GroupSubscription nobody(String name, byte[] channel) {
        if (GroupRedisKeys.isChannel(name)) {
            var _ = connection.async().unsubscribe(channel);
        }
        return null;
    }

    private static String channel(byte[] channel) {
        return new String(channel, StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        heartbeat.dispose();
    }

    private final class ChannelListener extends RedisPubSubAdapter<byte[], byte[]> {
        @Override
        public void message(byte[] channel, byte[] message) {
            var followed = groups.get(channel(channel));
            if (followed != null) {
                notices.decode(followed.group(), message)
                        .ifPresent(heard -> deliver(followed, heard));
            }
        }

        private void deliver(GroupSubscription followed, NoticeCodec.DecodedNotice heard) {
            switch (heard) {
                case NoticeCodec.DecodedNotice.AppendNotice(var notice, var tail) ->
                        followed.heard(notice, tail);
                case NoticeCodec.DecodedNotice.TailNotice(var tail) -> followed.announced(tail);
                case NoticeCodec.DecodedNotice.Relayed(var ephemeral) -> followed.heard(ephemeral);
                case NoticeCodec.DecodedNotice.Deleted _ -> followed.onMissing();
            }
        }

        /// Also called for each channel when the connection is established again after a break.
        @Override
        public void subscribed(byte[] channel, long count) {
            var followed = groups.computeIfAbsent(channel(channel), name -> nobody(name, channel));
            if (followed != null && followed.resubscribed()) {
                compare(followed)
                        .doFinally(_ -> followed.check())
                        .onErrorResume(failure -> notVerified(followed, failure))
                        .subscribe();
            }
        }

        @Override
        public void unsubscribed(byte[] channel, long count) {
            if (groups.containsKey(channel(channel))) {
                var _ = connection.async().subscribe(channel);
            }
        }
    }
}
