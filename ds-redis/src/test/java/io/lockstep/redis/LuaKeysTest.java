package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// A script uses only the keys in `KEYS`, because a Redis Cluster must know all of them before it
/// runs. It binds each `KEYS` and `ARGV` of a fixed index to a local with a name, and uses the
/// name.
class LuaKeysTest {
    /// Commands without a key.
    private static final Set<String> KEYLESS = Set.of("TIME");

    /// `call('HGET', key, …)`; the key is the second group.
    private static final Pattern CALL =
            Pattern.compile("call\\(\\s*('[A-Z]+'|\\w+)(?:\\s*,\\s*(\\w+\\[[^\\]]*\\]|[^,)]*))?");

    private static final Pattern ASSIGNMENT =
            Pattern.compile("(?m)^\\s*(?:local\\s+)?([\\w, ]+?)\\s*=\\s*([^=].*)$");
    private static final Pattern LOOP = Pattern.compile("for \\w+, (\\w+) in ipairs\\(KEYS\\)");
    private static final Pattern PARAMETERS = Pattern.compile("function\\s*\\w*\\(([^)]*)\\)");
    private static final Pattern NAME = Pattern.compile("[a-z_]+");

    private static final Pattern FIXED_INDEX = Pattern.compile("(KEYS|ARGV)\\[\\d+\\]");
    private static final Pattern BOUND_KEY =
            Pattern.compile(
                    "local (\\w+) = KEYS\\[\\d+\\] -- (string|hash|list|sorted set|set|stream)\\b.*");
    private static final Pattern BOUND_ARGUMENT =
            Pattern.compile(
                    "local (\\w+) = (?:ARGV\\[\\d+\\]|tonumber\\(ARGV\\[\\d+\\]\\))(?: == '1')?(?: -- .+)?");

    private static final String COLON = "'[^'\\n]*([a-z}]:|:[a-z{])[^'\\n]*'";

    /// A key in a table. `roster.lua` puts it there from a parameter.
    private static final String FIELD = "changes.roster";

    @Test
    void eachKeyIsOneOfThoseHanded() {
        var files = ScriptTexts.files("");
        assertThat(files).hasSizeGreaterThan(20);
        var wrong = new TreeMap<String, List<String>>();
        files.forEach((file, text) -> wrong.put(file, wrong(code(text), preludes(file, files))));
        wrong.values().removeIf(List::isEmpty);
        assertThat(wrong).isEmpty();
    }

    /// All keys contain colons next to letters. A script without such a literal cannot build a key.
    @Test
    void noScriptHasAPartOfAKeysName() {
        ScriptTexts.files("")
                .forEach((file, text) ->
                        assertThat(code(text)).as(file).doesNotContainPattern(COLON));
    }

    @Test
    void aKeyThatIsMadeIsFound() {
        assertThat(wrong("local k = KEYS[1]\ncall('GET', k)", "")).isEmpty();
        assertThat(wrong("call('GET', KEYS[1])", "")).isEmpty();
        assertThat(wrong("call('GET', ARGV[1])", "")).hasSize(1);
        assertThat(wrong("call('GET', 'ls:key')", "")).hasSize(1);
        assertThat(wrong("call('GET', stem .. 'blob')", "")).hasSize(1);
        assertThat(wrong("local k = ARGV[1]\ncall('GET', k)", "")).hasSize(1);
        assertThat(wrong("local k = KEYS[1]\nk = stem .. k\ncall('GET', k)", "")).hasSize(1);
        assertThat(wrong("call('GET', k)", "")).hasSize(1);
    }

    @Test
    void eachKeyAndArgumentIsALocalWithANameThatIsUsed() {
        var files = ScriptTexts.files("");
        var wrong = new TreeMap<String, List<String>>();
        files.forEach((file, text) -> wrong.put(file, unnamed(text, users(file, files))));
        wrong.values().removeIf(List::isEmpty);
        assertThat(wrong).isEmpty();
    }

    @Test
    void aKeyOrArgumentWithoutANameIsFound() {
        var bound = "local k = KEYS[1] -- hash\nlocal a = tonumber(ARGV[1]) -- bytes\n";
        var used = bound + "call('HSET', k, 'a', a)";
        assertThat(unnamed(used, used)).isEmpty();
        assertThat(unnamed(bound, bound)).hasSize(2);
        assertThat(unnamed("call('GET', KEYS[1])", "")).hasSize(1);
        assertThat(unnamed("local a, b = ARGV[1], ARGV[2]", "a b")).hasSize(1);
        assertThat(unnamed("local k = KEYS[1]\ncall('GET', k)", "k k")).hasSize(1);
        assertThat(unnamed("for i = FIXED, #ARGV do call('GET', KEYS[i], ARGV[i]) end", ""))
                .isEmpty();
    }

    /// The lines that take a key or an argument of a fixed index without binding it alone, a key
    /// without its type, or names that `users` does not use.
    private static List<String> unnamed(String script, String users) {
        var wrong = new ArrayList<String>();
        for (var line : script.lines().toList()) {
            if (FIXED_INDEX.matcher(code(line)).find()) {
                var key = BOUND_KEY.matcher(line);
                var argument = BOUND_ARGUMENT.matcher(line);
                var name =
                        key.matches()
                                ? key.group(1)
                                : argument.matches() ? argument.group(1) : null;
                if (name == null
                        || Pattern.compile("\\b" + name + "\\b")
                                        .matcher(code(users))
                                        .results()
                                        .count()
                                < 2) {
                    wrong.add(line);
                }
            }
        }
        return wrong;
    }

    /// The script itself; for a prelude, also the scripts that follow it.
    private static String users(String file, Map<String, String> files) {
        return file.matches("directory/(inbox|kinds)")
                ? String.join("\n", files.values())
                : files.getOrDefault(file, "");
    }

    private static List<String> wrong(String script, String preludes) {
        var bound = new HashMap<String, Set<String>>();
        bind(preludes, bound);
        bind(script, bound);
        var parameters = new HashSet<String>();
        for (var found : PARAMETERS.matcher(script).results().toList()) {
            parameters.addAll(List.of(found.group(1).split("\\s*,\\s*", -1)));
        }
        var wrong = new ArrayList<String>();
        for (var found : CALL.matcher(script).results().toList()) {
            var command = found.group(1).replace("'", "");
            var key = found.group(2) == null ? "" : found.group(2).strip();
            var values = bound.getOrDefault(key, Set.of());
            boolean handed =
                    key.startsWith("KEYS[")
                            || key.equals(FIELD)
                            || (NAME.matcher(key).matches() && isHanded(key, values, parameters));
            if (!KEYLESS.contains(command) && !handed) {
                wrong.add(found.group());
            }
        }
        return wrong;
    }

    private static boolean isHanded(String key, Set<String> values, Set<String> parameters) {
        return values.isEmpty()
                ? parameters.contains(key)
                : values.stream().allMatch(LuaKeysTest::isHanded);
    }

    private static void bind(String script, Map<String, Set<String>> bound) {
        for (var found : ASSIGNMENT.matcher(script).results().toList()) {
            var names = found.group(1).split("\\s*,\\s*", -1);
            var values = found.group(2).split("\\s*,\\s*", -1);
            for (int i = 0; i < names.length; i++) {
                bound.computeIfAbsent(names[i].strip(), _ -> new HashSet<>())
                        .add(i < values.length ? values[i] : "");
            }
        }
        for (var found : LOOP.matcher(script).results().toList()) {
            bound.computeIfAbsent(found.group(1), _ -> new HashSet<>()).add("KEYS[i]");
        }
    }

    /// True for `KEYS[n]`, and for a key or nil.
    private static boolean isHanded(String value) {
        return value.startsWith("KEYS[") || value.matches(".* and KEYS\\[.*\\] or nil");
    }

    private static String preludes(String file, Map<String, String> files) {
        return switch (file.substring(0, file.indexOf('/') + 1)) {
            case "directory/" ->
                    file.matches("directory/(acknowledge|file|inbox|item|page|summary)")
                            ? code(files.getOrDefault("directory/inbox", ""))
                            : code(files.getOrDefault("directory/kinds", ""));
            default -> "";
        };
    }

    private static String code(String text) {
        return text.replaceAll("--[^\\n]*", "");
    }
}
