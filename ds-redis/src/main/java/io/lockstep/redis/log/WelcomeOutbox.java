package io.lockstep.redis.log;

import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// The groups that may contain unreleased Welcomes. A trace is stored before each append that
/// brings a Welcome, so the next sweep finds it after a crash at any point.
///
/// The age of a trace is measured by Redis's clock, which all nodes share. A trace is removed only
/// when three conditions hold: it is older than any append in flight that it may belong to
/// ([#SETTLED]), the group contains no Welcome, and no newer trace has replaced it.
final class WelcomeOutbox {
    private static final Logger LOG = LoggerFactory.getLogger(WelcomeOutbox.class);
    private static final byte[] KEY = Script.ascii("ls:outbox");
    private static final Script ANNOUNCE = Script.of("log/announce");
    private static final Script SWEEP = Script.reading("log/sweep");
    private static final Script FORGET = Script.freeing("log/forget");
    private static final byte[] NONE = {};

    /// Younger traces belong to appends and releases in progress.
    static final Duration LEFT_BEHIND = Duration.ofSeconds(5);

    /// Much longer than a command may take.
    static final Duration SETTLED = Duration.ofMinutes(1);

    /// Traces in a page. A sweep reads all pages.
    private static final int PAGE_MAX = 256;

    private final PipelinedConnection connection;
    private final ValueSealer sealing;
    private final Scheduler scheduler;
    private final Set<FluxSink<GroupId>> releasers = new CopyOnWriteArraySet<>();

    WelcomeOutbox(RedisConnections connections, ValueSealer sealing, Scheduler scheduler) {
        this.connection = connections.queries();
        this.sealing = sealing;
        this.scheduler = scheduler;
    }

    /// Stores a trace. The append follows it.
    Mono<Long> announce(GroupRedisKeys keys) {
        return ANNOUNCE.run(connection, new byte[][] {KEY}, Script.ascii(keys.name()))
                .map(reply -> ScriptReply.of(reply).number(0));
    }

    /// Reports that the group contains a Welcome.
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
                                            "a search for unreleased Welcomes",
                                            () -> sweep(tick == 0 ? Duration.ZERO : LEFT_BEHIND)))
                            .subscribe(releaser::next);
            releaser.onDispose(() -> {
                releasers.remove(releaser);
                sweeps.dispose();
            });
        });
    }

    private record Trace(String name, long since) {}

    private Flux<GroupId> sweep(Duration age) {
        return page(age, NONE, NONE)
                .expand(traces ->
                        traces.size() < PAGE_MAX
                                ? Mono.empty()
                                : page(
                                        age,
                                        Script.ascii(traces.getLast().name()),
                                        Script.number(traces.getLast().since())))
                .flatMapIterable(traces -> traces)
                .concatMap(trace -> examine(trace.name(), trace.since()))
                .onErrorResume(failure -> {
                    LOG.warn("cannot search for unreleased Welcomes: {}", failure.toString());
                    return Flux.empty();
                });
    }

    private Mono<List<Trace>> page(Duration age, byte[] lastName, byte[] lastSince) {
        return SWEEP.run(
                        connection,
                        new byte[][] {KEY},
                        Script.number(age.toMillis()),
                        Script.number(PAGE_MAX),
                        lastName,
                        lastSince)
                .map(ScriptReply::of)
                .map(reply -> {
                    var traces = new ArrayList<Trace>();
                    for (int i = 0; i < reply.size(); i += 2) {
                        traces.add(
                                new Trace(
                                        new String(reply.bytes(i), StandardCharsets.US_ASCII),
                                        reply.number(i + 1)));
                    }
                    return traces;
                });
    }

    private Mono<GroupId> examine(String name, long since) {
        var keys = GroupRedisKeys.named(name);
        return connection
                .send(commands -> commands.hlen(keys.welcomes()))
                .flatMap(count ->
                        count > 0
                                ? connection
                                        .send(commands ->
                                                commands.hget(keys.meta(), Script.ascii("g")))
                                        .map(this::group)
                                : forget(name, since).then(Mono.empty()))
                .onErrorResume(
                        BrokenSealException.class,
                        failure -> {
                            // The groups after it must not wait for its repair.
                            LOG.error(
                                    "a group's Welcomes are not released: its id cannot be"
                                            + " read",
                                    failure);
                            return Mono.empty();
                        });
    }

    private Mono<Void> forget(String name, long since) {
        return FORGET.run(
                        connection,
                        new byte[][] {KEY},
                        Script.ascii(name),
                        Script.number(since),
                        Script.number(SETTLED.toMillis()))
                .then();
    }

    private GroupId group(byte[] sealed) {
        return new GroupId(Bytes.wrap(sealing.open(SealPurpose.GROUP_ID, sealed)));
    }
}
