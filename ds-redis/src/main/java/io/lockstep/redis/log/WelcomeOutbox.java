package io.lockstep.redis.log;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ZAddArgs;
import io.lockstep.log.FaultBarrier;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisLine;
import io.lockstep.redis.Script;
import io.lockstep.redis.Sealing;
import io.lockstep.redis.UnsealableException;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Which groups may hold Welcomes that nobody has released: a trace left before each append that
/// brings one, so that a crash at any point is found by the next sweep.
///
/// A trace is removed only when it is older than any append that it may stand for can still be under way
/// ([#SETTLED]), the group holds no Welcome, and no newer trace has taken its place.
final class WelcomeOutbox {
    private static final Logger log = LoggerFactory.getLogger(WelcomeOutbox.class);
    private static final byte[] KEY = Script.ascii("ls:outbox");
    private static final Script FORGET = Script.freeing("log/forget");

    /// Younger traces belong to appends and releases that are under way.
    static final Duration LEFT_BEHIND = Duration.ofSeconds(5);

    /// Far longer than a command may take.
    static final Duration SETTLED = Duration.ofMinutes(1);

    private static final long SWEPT_MAX = 1_000;

    private final RedisLine line;
    private final Sealing sealing;
    private final InstantSource clock;
    private final Scheduler scheduler;
    private final Set<FluxSink<GroupId>> releasers = new CopyOnWriteArraySet<>();

    WelcomeOutbox(
            RedisConnections connections,
            Sealing sealing,
            InstantSource clock,
            Scheduler scheduler) {
        this.line = connections.questions();
        this.sealing = sealing;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /// Leaves a trace; the append comes after it.
    Mono<Long> announce(GroupKeys keys) {
        return line.write(commands ->
                commands.zadd(
                        KEY,
                        ZAddArgs.Builder.gt(),
                        (double) clock.millis(),
                        Script.ascii(keys.name())));
    }

    /// The group holds a Welcome.
    void tell(GroupId group) {
        releasers.forEach(releaser -> releaser.next(group));
    }

    Flux<GroupId> pending() {
        return Flux.create(releaser -> {
            releasers.add(releaser);
            var sweeps =
                    FaultBarrier.ticks(Duration.ZERO, LEFT_BEHIND, scheduler)
                            .concatMap(tick ->
                                    FaultBarrier.flux(
                                            "a look for Welcomes left behind",
                                            () -> sweep(tick == 0 ? Duration.ZERO : LEFT_BEHIND)))
                            .subscribe(releaser::next);
            releaser.onDispose(() -> {
                releasers.remove(releaser);
                sweeps.dispose();
            });
        });
    }

    private Flux<GroupId> sweep(Duration age) {
        long until = clock.millis() - age.toMillis();
        return line.send(commands ->
                        commands.zrangebyscoreWithScores(
                                KEY, Range.create(0, until), Limit.create(0, SWEPT_MAX)))
                .flatMapIterable(traces -> traces)
                .concatMap(trace ->
                        examine(
                                new String(trace.getValue(), StandardCharsets.US_ASCII),
                                (long) trace.getScore()))
                .onErrorResume(failure -> {
                    log.warn("cannot look for Welcomes left behind: {}", failure.toString());
                    return Flux.empty();
                });
    }

    private Mono<GroupId> examine(String name, long since) {
        var keys = GroupKeys.named(name);
        return line.send(commands -> commands.hlen(keys.welcomes()))
                .flatMap(count ->
                        count > 0
                                ? line.send(commands ->
                                                commands.hget(keys.meta(), Script.ascii("g")))
                                        .map(this::group)
                                : forget(name, since).then(Mono.empty()))
                .onErrorResume(
                        UnsealableException.class,
                        failure -> {
                            // Those behind it must not wait for its repair.
                            log.error("a group's Welcomes wait, its id cannot be read", failure);
                            return Mono.empty();
                        });
    }

    private Mono<Void> forget(String name, long since) {
        if (since > clock.millis() - SETTLED.toMillis()) {
            return Mono.empty();
        }
        return FORGET.run(line, new byte[][] {KEY}, Script.ascii(name), Script.number(since))
                .then();
    }

    private GroupId group(byte[] sealed) {
        return new GroupId(Bytes.wrap(sealing.open(CreateScript.GROUP, sealed)));
    }
}
