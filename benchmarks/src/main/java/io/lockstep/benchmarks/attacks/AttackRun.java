package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.PlainHttp;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// Runs one attack on one server: a quiet phase, the attack, the recovery.
///
/// A server has recovered after ten round trips of the honest client in a row, three new
/// connections, and answers of all health checks, each within a time limit.
///
/// Threads: confined to the command's thread.
final class AttackRun {
    private static final long REST_SECONDS = 5;
    private static final int NEWCOMER_MILLIS_MAX = 3_000;
    private static final int HEALTH_MILLIS_MAX = 1_000;
    private static final Pattern STACK_TRACE = Pattern.compile("(?m)^\\tat .*\\n(?!\\tat )");
    private static final Pattern WARNING = Pattern.compile("(?m)^[\\d:.]+ (WARN|ERROR) .*$");

    private final Attack attack;
    private final long seconds;
    private final long normalSecondsMax;

    AttackRun(Attack attack, long seconds, long normalSecondsMax) {
        this.attack = attack;
        this.seconds = seconds;
        this.normalSecondsMax = normalSecondsMax;
    }

    /// @param start how the server is started; the attack may add options
    Map<String, Object> run(TargetServer.Start start) throws IOException {
        var result = new LinkedHashMap<String, Object>();
        result.put("attack", attack.name());
        result.put("what", attack.what());
        var setting = attack.setting(start);
        try (var server = TargetServer.start(setting.start())) {
            measure(server, setting, result);
            result.put("log", log(server));
            result.put("endedBySigterm", server.stop());
        } finally {
            close(setting.resources());
        }
        return result;
    }

    private static void close(AutoCloseable resources) throws IOException {
        try {
            resources.close();
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private void measure(TargetServer server, AttackSetup setting, Map<String, Object> result)
            throws IOException {
        var newcomers = new AtomicInteger();
        var dial = setting.tls() ? Connector.tls(server.port()) : Connector.plain(server.port());
        var operations = Connector.plain(server.operationsPort());
        var tokens = setting.tokens();
        var vitals = new MemoryPeaks(server);
        try (var redis =
                        new RedisStatistics(
                                setting.redis().isEmpty() ? server.redis() : setting.redis());
                var honest =
                        new LatencyProbe(
                                "honest",
                                100,
                                new HonestClient(dial, "honest", tokens.apply("honest/phone")));
                var newcomer =
                        new LatencyProbe(
                                "newcomer",
                                500,
                                () ->
                                        RawSession.open(
                                                        dial,
                                                        "127.0.0.3",
                                                        tokens.apply(newcomer(newcomers)),
                                                        NEWCOMER_MILLIS_MAX)
                                                .close());
                var livez = health("livez", operations, "/livez");
                var readyz = health("readyz", operations, "/readyz");
                var clientLivez = health("client livez", dial, "/livez");
                var _ = new LatencyProbe("vitals", 500, vitals)) {
            var probes = new LinkedHashMap<String, LatencyProbe>();
            probes.put("honest", honest);
            probes.put("newcomers", newcomer);
            probes.put("livez", livez);
            probes.put("readyz", readyz);
            probes.put("clientPortLivez", clientLivez);
            Map<String, Object> notes;
            try (var context = new AttackContext(server, seconds + 60)) {
                attack.prepare(context);
            }
            if (!isNormalWithin(probes.values(), TimeUnit.SECONDS.toNanos(30))) {
                result.put("fault", "not normal before the attack");
            }
            // Figures from the start of the server do not count.
            probes.values().forEach(probe -> probe.latencies().restart());
            pause(TimeUnit.SECONDS.toMillis(REST_SECONDS));
            redis.begin();
            long begun = System.nanoTime();
            probes.values().forEach(probe -> probe.latencies().enter(AttackPhase.DURING));
            try (var context = new AttackContext(server, seconds)) {
                try {
                    attack.run(context);
                } catch (IOException e) {
                    context.note("ended", LatencyProbe.describe(e));
                }
                notes = context.notes();
                result.put("attackSeconds", round((System.nanoTime() - begun) / 1e9));
            }
            long left = System.nanoTime();
            probes.values().forEach(probe -> probe.latencies().enter(AttackPhase.AFTER));
            boolean normal =
                    isNormalWithin(probes.values(), TimeUnit.SECONDS.toNanos(normalSecondsMax));
            result.put("secondsToNormal", normal ? round((System.nanoTime() - left) / 1e9) : -1.0);
            result.put("alive", server.isAlive());
            for (var phase : AttackPhase.values()) {
                var figures = new LinkedHashMap<String, Object>();
                probes.forEach((name, probe) -> figures.put(name, probe.latencies().report(phase)));
                result.put(phase.name().toLowerCase(Locale.ROOT), figures);
            }
            result.put("memory", vitals.report());
            result.put("memoryAfterCollection", vitals.afterCollection());
            result.put("redis", redis.report());
            result.put("notes", notes);
        }
    }

    private static LatencyProbe health(String name, Connector dial, String path) {
        return new LatencyProbe(
                name,
                250,
                () -> {
                    int status = PlainHttp.get(dial, path, HEALTH_MILLIS_MAX).status();
                    if (status != 200) {
                        throw new LatencyProbe.ProbeFailedException("status " + status);
                    }
                });
    }

    private static boolean isNormalWithin(Iterable<LatencyProbe> probes, long nanos) {
        long deadline = System.nanoTime() + nanos;
        while (System.nanoTime() < deadline) {
            boolean normal = true;
            for (var probe : probes) {
                normal &= probe.latencies().isWell(3, 500_000);
            }
            if (normal) {
                return true;
            }
            pause(50);
        }
        return false;
    }

    private static void pause(long millis) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < until) {
            LockSupport.parkNanos(until - System.nanoTime());
        }
    }

    private static double round(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private static String newcomer(AtomicInteger newcomers) {
        return "new%d/phone".formatted(newcomers.getAndIncrement() % 50);
    }

    /// The numbers of warnings and of stack traces in the server's log.
    private static Map<String, Object> log(TargetServer server) throws IOException {
        var log = server.log();
        var found = new LinkedHashMap<String, Object>();
        found.put("warnings", WARNING.matcher(log).results().count());
        found.put("stackTraces", STACK_TRACE.matcher(log).results().count());
        List<String> first =
                WARNING.matcher(log)
                        .results()
                        .map(match -> cut(match.group()))
                        .distinct()
                        .limit(3)
                        .toList();
        if (!first.isEmpty()) {
            found.put("first", first);
        }
        return found;
    }

    private static String cut(String line) {
        return line.length() < 160 ? line : line.substring(0, 160) + "…";
    }
}
