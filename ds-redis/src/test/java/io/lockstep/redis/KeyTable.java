package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The table of keys in `redis/package-info.java`. The tests of a store compare it with the keys
/// that their Redis contains at the end.
public final class KeyTable {
    private static final Path PAGE = Path.of("src/main/java/io/lockstep/redis/package-info.java");
    private static final Pattern ROW =
            Pattern.compile("(?m)^/// \\| `(ls:[^`]+)` \\| ([a-z ]+) \\|");

    /// Stands for a part that differs from key to key.
    private static final Pattern NAME = Pattern.compile("\\{[A-Z]\\}|<[^>]+>|(?<=:)C$");

    private KeyTable() {}

    /// Fails if a key, or its type, is not in the table.
    public static void assertDescribes(TestRedis redis) throws IOException {
        var rows = rows();
        var unknown = new TreeSet<String>();
        var keys = redis.ask("KEYS", "ls:*");
        assertThat(keys).isNotEmpty();
        for (var key : keys) {
            var type = redis.ask("TYPE", key).getFirst().replace("zset", "sorted set");
            boolean described =
                    rows.entrySet().stream()
                            .anyMatch(row ->
                                    row.getKey().matcher(key).matches()
                                            && row.getValue().equals(type));
            // A key may have expired since the list of keys was read.
            if (!described && !type.equals("none")) {
                unknown.add(key + " " + type);
            }
        }
        assertThat(unknown).as("keys that %s does not describe", PAGE).isEmpty();
    }

    /// The type by the pattern of the key.
    private static Map<Pattern, String> rows() throws IOException {
        var rows = new LinkedHashMap<Pattern, String>();
        for (var row : ROW.matcher(Files.readString(PAGE)).results().toList()) {
            rows.put(pattern(row.group(1)), row.group(2));
        }
        assertThat(rows).hasSizeGreaterThan(30);
        return rows;
    }

    private static Pattern pattern(String key) {
        var pattern = new StringBuilder();
        int at = 0;
        for (var name : NAME.matcher(key).results().toList()) {
            pattern.append(Pattern.quote(key.substring(at, name.start())));
            pattern.append(key.charAt(name.start()) == '{' ? "\\{[0-9a-f]{32}\\}" : "[0-9a-f]+");
            at = name.end();
        }
        return Pattern.compile(pattern + Pattern.quote(key.substring(at)));
    }
}
