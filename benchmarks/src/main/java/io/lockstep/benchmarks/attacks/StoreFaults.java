package io.lockstep.benchmarks.attacks;

import com.google.protobuf.ByteString;
import io.lockstep.benchmarks.attacks.AttackCatalog.Simple;
import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.RawSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Not attacks but accidents: the store is full, stands still, or has lost everything.
final class StoreFaults {
    private StoreFaults() {}

    static List<Attack> all() {
        return List.of(
                new Simple("redis-full", "Redis has reached maxmemory", StoreFaults::full),
                new Simple("redis-stopped", "Redis stands still for 5 s", StoreFaults::stopped),
                new Simple("redis-flushed", "FLUSHALL while the server runs", StoreFaults::flushed),
                new JwksStall());
    }

    private static void full(AttackContext scene) {
        try (var redis = new RedisFigures(scene.server().redis())) {
            redis.configure("maxmemory", Long.toString(redis.usedMemory() / 2));
            scene.untilOver();
            redis.configure("maxmemory", "0");
        }
    }

    private static void stopped(AttackContext scene) throws IOException {
        var pids = redisPids(scene);
        scene.note("stopped processes", pids.size());
        signal("STOP", pids);
        scene.pause(5_000);
        signal("CONT", pids);
        scene.untilOver();
    }

    private static List<Long> redisPids(AttackContext scene) {
        return scene.server().children().stream()
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

    /// Nothing brings it back, so the server cannot be normal again: what counts is what is said.
    private static void flushed(AttackContext scene) throws IOException {
        var dial = Connector.plain(scene.server().port());
        var group = "flushed".getBytes(StandardCharsets.UTF_8);
        try (var owner = RawSession.open(dial, "127.0.0.4", "dev:owner/phone", 5_000)) {
            GroupAttacks.create(owner, group);
            owner.send(FloodAttacks.attach(ByteString.copyFrom(group)));
            while (!owner.receive().hasLive()) {
                scene.count("frames before live");
            }
            try (var redis = new RedisFigures(scene.server().redis())) {
                redis.flushAll();
            }
            try (var stranger =
                    RawSession.open(dial, AttackContext.ATTACKER, "dev:stranger/phone", 5_000)) {
                scene.note(
                        "a stranger creates the same group", GroupAttacks.create(stranger, group));
            } catch (IOException e) {
                scene.note("a stranger creates the same group", LatencyProbe.describe(e));
            }
            owner.socket().setSoTimeout(8_000);
            try {
                scene.note("the attached owner hears", owner.receive().getBodyCase().toString());
            } catch (IOException e) {
                scene.note("the attached owner hears", LatencyProbe.describe(e));
            }
        }
        scene.untilOver();
    }
}
