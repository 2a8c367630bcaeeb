package io.lockstep.benchmarks.attacks;

import com.google.protobuf.ByteString;
import io.lockstep.benchmarks.attacks.AttackCatalog.Simple;
import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.RawSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Faults of the store, not attacks: Redis is full, stops, or has lost all data.
final class StoreFaults {
    private StoreFaults() {}

    static List<Attack> all() {
        return List.of(
                new Simple("redis-full", "Redis is at maxmemory", StoreFaults::full),
                new Simple("redis-stopped", "Redis is stopped for 5 s", StoreFaults::stopped),
                new Simple("redis-flushed", "FLUSHALL while the server runs", StoreFaults::flushed),
                new JwksStall());
    }

    private static void full(AttackContext context) {
        try (var redis = new RedisStatistics(context.server().redis())) {
            redis.configure("maxmemory", Long.toString(redis.usedMemory() / 2));
            context.untilOver();
            redis.configure("maxmemory", "0");
        }
    }

    private static void stopped(AttackContext context) throws IOException {
        var pids = redisPids(context);
        context.note("stopped processes", pids.size());
        signal("STOP", pids);
        context.pause(5_000);
        signal("CONT", pids);
        context.untilOver();
    }

    private static List<Long> redisPids(AttackContext context) {
        return context.server().children().stream()
                .filter(child ->
                        child.info()
                                .command()
                                .filter(c -> c.contains("redis") || c.contains("valkey"))
                                .isPresent())
                .map(ProcessHandle::pid)
                .toList();
    }

    private static void signal(String name, List<Long> pids) throws IOException {
        var command = new ArrayList<>(List.of("kill", "-" + name));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        new ProcessBuilder(command).start().onExit().join();
    }

    /// The data stays lost, so the server cannot recover. The test records what clients receive.
    private static void flushed(AttackContext context) throws IOException {
        var dial = Connector.plain(context.server().port());
        var group = "flushed".getBytes(StandardCharsets.UTF_8);
        try (var owner = RawSession.open(dial, "127.0.0.4", "dev:owner/phone", 5_000)) {
            GroupAttacks.create(owner, group);
            owner.send(FloodAttacks.attach(ByteString.copyFrom(group)));
            while (!owner.receive().hasLive()) {
                context.count("frames before live");
            }
            try (var redis = new RedisStatistics(context.server().redis())) {
                redis.flushAll();
            }
            try (var outsider =
                    RawSession.open(dial, AttackContext.ATTACKER, "dev:stranger/phone", 5_000)) {
                context.note(
                        "a stranger creates the same group", GroupAttacks.create(outsider, group));
            } catch (IOException e) {
                context.note("a stranger creates the same group", LatencyProbe.describe(e));
            }
            owner.socket().setSoTimeout(8_000);
            try {
                context.note("the attached owner hears", owner.receive().getBodyCase().toString());
            } catch (IOException e) {
                context.note("the attached owner hears", LatencyProbe.describe(e));
            }
        }
        context.untilOver();
    }
}
