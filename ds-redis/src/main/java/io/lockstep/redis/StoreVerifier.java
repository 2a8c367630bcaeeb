package io.lockstep.redis;

import io.lettuce.core.SetArgs;
import io.lockstep.redis.RedisServerCheck.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Verifies the Redis behind the connections: after the first connect, after each reconnect, and on
/// a timer. Until a verification succeeds, no connection accepts a write
/// ([PipelinedConnection#write]).
///
/// A verification checks, in this order:
///
/// 1. Is Redis configured safely ([RedisServerCheck])?
/// 2. Is this a new process (`run_id`)? Then nothing is written until its append-only file cannot
///    end inside a transaction: a rewrite has ended since the process started, or it loads no such
///    file. The verifier starts the rewrite.
/// 3. Is it the store that this node started with ([DeploymentMarker])?
/// 4. Which connections lead to this process? These may write.
/// 5. Does it accept a write now? If it refuses (`maxmemory`, a full disk), the node is not ready,
///    but still sends writes, because deletions still work.
///
/// It also measures the memory of Redis, for [MemoryGate]: more often near its marks.
///
/// Readiness uses the result of the last verification: [#checks] sends no command.
final class StoreVerifier {
    private static final Logger LOG = LoggerFactory.getLogger(StoreVerifier.class);
    private static final Duration SOON = Duration.ofMillis(100);

    /// Interval of verifications while the store's memory is near a mark.
    private static final Duration NEAR_MARK = Duration.ofMillis(200);

    /// A verification sends eight commands, one after the other.
    private static final int COMMANDS = 8;

    private static final String MEMORY_CHECK = "redis-memory";
    private static final Duration REWRITE_AGAIN = Duration.ofSeconds(30);
    private static final byte[] PROBE = Script.ascii("ls:probe");
    private static final byte[] PROBED = Script.ascii("1");
    private static final Duration PROBE_LIFE = Duration.ofMinutes(1);

    private final PipelinedConnection control;
    private final List<PipelinedConnection> connections;
    private final RedisSettings settings;
    private final DeploymentMarker marker;
    private final MemoryGate memoryGate;
    private final Runnable whenKnown;
    private final ScheduledExecutorService timer;
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicBoolean again = new AtomicBoolean();
    private final AtomicBoolean nearMarkScheduled = new AtomicBoolean();

    private volatile StoreState state = new StoreState.Checking("it was not checked yet");
    private volatile List<Finding> findings = List.of();
    private volatile String failureCause = "";
    private volatile String refusedWrite = "";
    private volatile long answeredNanos;
    private volatile boolean answered;

    /// The start time of the verification that completed last.
    private volatile long doneNanos;

    private volatile boolean done;
    private volatile long rewriteNanos;
    private volatile boolean rewriteAsked;

    /// @param control the connection that only verifications use
    /// @param connections all other connections that write
    /// @param memoryGate gets each measurement
    /// @param whenKnown called once the store is known
    StoreVerifier(
            PipelinedConnection control,
            List<PipelinedConnection> connections,
            RedisSettings settings,
            DeploymentMarker marker,
            MemoryGate memoryGate,
            Runnable whenKnown,
            ScheduledExecutorService timer) {
        this.control = control;
        this.connections = connections;
        this.settings = settings;
        this.marker = marker;
        this.memoryGate = memoryGate;
        this.whenKnown = whenKnown;
        this.timer = timer;
    }

    /// Starts a verification, or requests another one when one is running. Never throws.
    void verify() {
        if (!running.compareAndSet(false, true)) {
            again.set(true);
            return;
        }
        again.set(false);
        long begun = System.nanoTime();
        var timeout = settings.commandTimeout().multipliedBy(COMMANDS);
        try {
            Mono.defer(this::ask)
                    .timeout(timeout)
                    .subscribe(_ -> {}, this::failed, () -> succeeded(begun));
        } catch (Error e) {
            running.set(false);
            throw e;
        }
    }

    private void succeeded(long begun) {
        if (!(state instanceof StoreState.Checking)) {
            doneNanos = begun;
            done = true;
        }
        ended();
    }

    /// Whether a verification that started after that time has accepted or rejected the store.
    boolean isDoneSince(long nanos) {
        return done && doneNanos - nanos > 0;
    }

    private void failed(Throwable failure) {
        var text = String.valueOf(failure.getMessage());
        if (!text.equals(failureCause)) {
            LOG.warn("Redis cannot be verified: {}", text);
        }
        failureCause = text;
        if (!(failure instanceof RedisUnavailableException)) {
            LOG.debug("Redis cannot be verified", failure);
        }
        ended();
    }

    private void ended() {
        running.set(false);
        boolean soon =
                again.get()
                        || state instanceof StoreState.Checking
                        || connections.stream()
                                .anyMatch(connection ->
                                        connection.isOpen() && !connection.isWritable());
        if (!(state instanceof StoreState.Rejected) && soon) {
            var _ = timer.schedule(this::verify, SOON.toMillis(), TimeUnit.MILLISECONDS);
        }
        if (memoryGate.isNearMark() && nearMarkScheduled.compareAndSet(false, true)) {
            var _ =
                    timer.schedule(
                            this::verifyNearMark, NEAR_MARK.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void verifyNearMark() {
        nearMarkScheduled.set(false);
        verify();
    }

    private Mono<Void> ask() {
        int generation = control.generation();
        return Mono.zip(
                        control.send(commands -> commands.info()).map(RedisServerCheck::lines),
                        config())
                .flatMap(reply -> judge(generation, reply.getT1(), reply.getT2()));
    }

    /// Empty when Redis refuses the command.
    private Mono<Map<String, String>> config() {
        return control.send(commands -> commands.configGet(RedisServerCheck.SETTINGS))
                .onErrorResume(
                        RedisUnavailableException.class,
                        e ->
                                e.failureCause() == FailureCause.PERMISSION
                                                || e.failureCause() == FailureCause.ERROR
                                        ? Mono.just(Map.of())
                                        : Mono.error(e));
    }

    private Mono<Void> judge(int generation, Map<String, String> info, Map<String, String> config) {
        answeredNanos = System.nanoTime();
        answered = true;
        failureCause = "";
        memoryGate.measured(bytes(info, "used_memory"), bytes(info, "maxmemory"));
        findings = RedisServerCheck.findings(info, config);
        var accepted = settings.weakerAccepted();
        var wrong =
                findings.stream()
                        .filter(finding -> !finding.isGoodEnough(accepted))
                        .map(Finding::text)
                        .toList();
        if (!wrong.isEmpty()) {
            transition(new StoreState.Rejected(wrong));
            return Mono.empty();
        }
        var runId = info.getOrDefault("run_id", "unknown");
        if (state instanceof StoreState.Verified(var known) && known.equals(runId)) {
            return rest(generation, runId);
        }
        if ("1".equals(info.get("loading"))) {
            transition(new StoreState.Checking("it is loading its data"));
            return Mono.empty();
        }
        return switch (RedisServerCheck.aofState(info, config, accepted)) {
            case WHOLE -> rest(generation, runId);
            case BEING_REPLACED -> {
                transition(
                        new StoreState.Checking(
                                "it is rewriting its append-only file after its" + " start"));
                yield Mono.empty();
            }
            case MAYBE_TRUNCATED -> {
                transition(
                        new StoreState.Checking(
                                "its append-only file must be rewritten after its start"
                                        + " (BGREWRITEAOF)"));
                yield rewrite();
            }
        };
    }

    /// @return 0 where the reply has no such line
    private static long bytes(Map<String, String> info, String name) {
        return Long.parseLong(info.getOrDefault(name, "0"));
    }

    private Mono<Void> rewrite() {
        long now = System.nanoTime();
        if (rewriteAsked && now - rewriteNanos < REWRITE_AGAIN.toNanos()) {
            return Mono.empty();
        }
        rewriteAsked = true;
        rewriteNanos = now;
        LOG.info("Redis was restarted: it rewrites its append-only file before it accepts writes");
        return control.send(commands -> commands.bgrewriteaof())
                .then()
                .onErrorResume(
                        RedisUnavailableException.class,
                        e -> {
                            if (e.failureCause() == FailureCause.PERMISSION) {
                                transition(
                                        new StoreState.Rejected(
                                                List.of(
                                                        "its append-only file may end inside a"
                                                                + " transaction, and BGREWRITEAOF"
                                                                + " is not"
                                                                + " permitted; set"
                                                                + " aof-load-truncated no"
                                                                + " (to accept that:"
                                                                + " durability.weaker-accepted"
                                                                + " aof-rewrite)")));
                            }
                            LOG.warn(
                                    "Redis cannot rewrite its append-only file: {}",
                                    e.getMessage());
                            return Mono.empty();
                        });
    }

    private Mono<Void> rest(int generation, String runId) {
        rewriteAsked = false;
        control.allowWrites(generation);
        return marker.check()
                .flatMap(found ->
                        switch (found) {
                            case DeploymentMarker.MarkerState.Ours() -> open(runId);
                            case DeploymentMarker.MarkerState.FirstSeen() -> {
                                whenKnown.run();
                                yield open(runId);
                            }
                            case DeploymentMarker.MarkerState.NotOurs(var reason) -> {
                                transition(new StoreState.Rejected(List.of(reason)));
                                yield Mono.<Void>empty();
                            }
                        });
    }

    private Mono<Void> open(String runId) {
        return Flux.fromIterable(connections)
                .filter(connection -> connection.isOpen() && !connection.isWritable())
                .concatMap(connection -> open(connection, runId))
                .then(Mono.fromRunnable(() -> transition(new StoreState.Verified(runId))))
                .then(probe());
    }

    private static Mono<Void> open(PipelinedConnection connection, String runId) {
        int generation = connection.generation();
        return connection
                .send(commands -> commands.info("server"))
                .map(RedisServerCheck::lines)
                .doOnNext(info -> {
                    if (runId.equals(info.get("run_id"))) {
                        connection.allowWrites(generation);
                    }
                })
                .then()
                // It is asked again soon. The other connections do not wait for it.
                .onErrorResume(RedisUnavailableException.class, _ -> Mono.empty());
    }

    /// Whether Redis accepts a write now.
    private Mono<Void> probe() {
        return control.write(commands ->
                        commands.set(PROBE, PROBED, SetArgs.Builder.px(PROBE_LIFE.toMillis())))
                .doOnNext(_ -> refusedWrite = "")
                .then()
                .onErrorResume(
                        RedisUnavailableException.class,
                        e -> {
                            refusedWrite = String.valueOf(e.getMessage());
                            return Mono.empty();
                        });
    }

    private void transition(StoreState next) {
        if (!(next instanceof StoreState.Verified)) {
            connections.forEach(PipelinedConnection::forbidWrites);
            control.forbidWrites();
        }
        var before = state;
        if (before.equals(next)) {
            return;
        }
        state = next;
        switch (next) {
            case StoreState.Verified(var runId) -> LOG.info("Redis {} is verified", runId);
            case StoreState.Checking(var reason) ->
                    LOG.info("writes to Redis are stopped: {}", reason);
            case StoreState.Rejected(var reasons) ->
                    LOG.error("writes to Redis are stopped: {}", String.join("; ", reasons));
        }
    }

    StoreState state() {
        return state;
    }

    List<Finding> findings() {
        return findings;
    }

    boolean isWritable() {
        return state instanceof StoreState.Verified
                && connections.stream().allMatch(PipelinedConnection::isWritable);
    }

    /// The checks of readiness, from the last verification.
    List<StoreCheck> checks() {
        var checks = new ArrayList<StoreCheck>();
        var closed =
                connections.stream()
                        .filter(connection -> !connection.isOpen())
                        .map(PipelinedConnection::name)
                        .collect(Collectors.joining(", "));
        checks.add(
                new StoreCheck(
                        "redis-connected",
                        closed.isEmpty(),
                        closed.isEmpty() ? "all connections" : "not connected: " + closed));
        checks.add(answers());
        checks.add(
                switch (state) {
                    case StoreState.Verified(var runId) ->
                            new StoreCheck("redis-verified", true, "run_id " + runId);
                    case StoreState.Checking(var reason) ->
                            new StoreCheck("redis-verified", false, reason);
                    case StoreState.Rejected(var reasons) ->
                            new StoreCheck("redis-verified", false, String.join("; ", reasons));
                });
        var refused = refusedWrite;
        checks.add(
                new StoreCheck(
                        "redis-writes",
                        refused.isEmpty(),
                        refused.isEmpty()
                                ? "taken"
                                : refused + "; used_memory " + memory() + " (0: no limit)"));
        checks.add(
                new StoreCheck(
                        MEMORY_CHECK,
                        true,
                        !memoryGate.isOpen(),
                        memoryGate.isOpen()
                                ? "has room"
                                : "nearly full, additions are refused; used_memory " + memory()));
        return checks;
    }

    private String memory() {
        return memoryGate.usedBytes() + " of " + memoryGate.maxBytes();
    }

    private StoreCheck answers() {
        long age = System.nanoTime() - answeredNanos;
        var bound = settings.verifyInterval().plus(settings.commandTimeout());
        var stalled =
                connections.stream()
                        .filter(PipelinedConnection::isStalled)
                        .map(PipelinedConnection::name)
                        .collect(Collectors.joining(", "));
        if (!stalled.isEmpty()) {
            return new StoreCheck("redis-answers", false, "overdue on: " + stalled);
        }
        boolean fresh = answered && age <= bound.toNanos();
        var failure = failureCause;
        return new StoreCheck(
                "redis-answers",
                fresh && failure.isEmpty(),
                fresh && failure.isEmpty()
                        ? "in time"
                        : Optional.of(failure)
                                .filter(text -> !text.isEmpty())
                                .orElse("no answer within " + bound.toMillis() + " ms"));
    }
}
