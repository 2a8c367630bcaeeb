package io.lockstep.benchmarks.attacks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// Reads the statistics of the Redis under attack: CPU time by command, the longest command,
/// memory. Also changes its settings and empties it.
///
/// Threads: confined to the command's thread.
final class RedisStatistics implements AutoCloseable {
    private static final Pattern STATISTIC =
            Pattern.compile("cmdstat_([^:]+):calls=(\\d+),usec=(\\d+)");

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private Map<String, Long> microsAtStart = Map.of();

    RedisStatistics(String uri) {
        var address = RedisURI.create(uri);
        address.setTimeout(Duration.ofSeconds(30));
        client = RedisClient.create(address);
        connection = client.connect();
    }

    /// Starts counting.
    void begin() {
        connection.sync().configSet("slowlog-log-slower-than", "1000");
        connection.sync().slowlogReset();
        microsAtStart = micros();
    }

    void configure(String name, String value) {
        connection.sync().configSet(name, value);
    }

    void flushAll() {
        connection.sync().flushall();
    }

    long usedMemory() {
        var found = Pattern.compile("used_memory:(\\d+)").matcher(connection.sync().info("memory"));
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }

    /// Since `begin`: CPU seconds in commands, the longest command, and the commands with the most
    /// CPU time.
    Map<String, Object> report() {
        var report = new LinkedHashMap<String, Object>();
        try {
            var now = micros();
            var taken = new HashMap<String, Long>();
            now.forEach((name, sum) -> taken.put(name, sum - microsAtStart.getOrDefault(name, 0L)));
            report.put(
                    "commandSeconds",
                    taken.values().stream().mapToLong(Long::longValue).sum() / 1_000_000.0);
            report.put("longestMillis", longestMicros() / 1_000.0);
            var most = new LinkedHashMap<String, Object>();
            taken.entrySet().stream()
                    .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                    .limit(3)
                    .forEach(each -> most.put(each.getKey(), each.getValue() / 1_000_000.0));
            report.put("mostSeconds", most);
        } catch (RedisException e) {
            report.put("error", String.valueOf(e.getMessage()));
        }
        return report;
    }

    private long longestMicros() {
        return connection.sync().slowlogGet(1_000).stream()
                .map(entry -> ((java.util.List<?>) entry).get(2))
                .mapToLong(micros -> (Long) micros)
                .max()
                .orElse(0);
    }

    private Map<String, Long> micros() {
        var micros = new HashMap<String, Long>();
        var found = STATISTIC.matcher(connection.sync().info("commandstats"));
        while (found.find()) {
            micros.put(found.group(1), Long.parseLong(found.group(3)));
        }
        return micros;
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
