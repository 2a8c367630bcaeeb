package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Compares the rules of docs/PROTOCOL.md with the tests: a test names the rules that it covers in
/// a line `// PROTOCOL R-…` above it.
class ProtocolRulesTest {
    private static final Path ROOT = Path.of(System.getProperty("lockstep.root", ".."));

    /// Rules that no test cites: most are duties of clients that no client in a test has. Lower the
    /// number when a test covers another rule.
    private static final int WITHOUT_TEST_MAX = 60;

    private static final Pattern RULE = Pattern.compile("R-[A-Z]+-[0-9]+");
    private static final Pattern DEFINITION =
            Pattern.compile("^- \\*\\*(R-[A-Z]+-[0-9]+)\\*\\*", Pattern.MULTILINE);
    private static final Pattern CITATION =
            Pattern.compile("^ *// PROTOCOL (.*)$", Pattern.MULTILINE);

    @Test
    void everyRuleHasAUniqueId() throws IOException {
        assertThat(defined()).isNotEmpty().doesNotHaveDuplicates();
    }

    @Test
    void thePageReferencesOnlyRulesThatItDefines() throws IOException {
        assertThat(defined()).containsAll(found(RULE, page()));
    }

    @Test
    void testsCiteExistingRules() throws IOException {
        var cited = cited();
        assertThat(cited).isNotEmpty();
        assertThat(defined()).containsAll(cited);
    }

    @Test
    void rulesWithoutATestDoNotIncrease() throws IOException {
        var without = new TreeSet<>(defined());
        without.removeAll(cited());
        assertThat(without)
                .as("rules of docs/PROTOCOL.md that no test cites")
                .hasSizeLessThanOrEqualTo(WITHOUT_TEST_MAX);
    }

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("docs/PROTOCOL.md"));
    }

    private static List<String> defined() throws IOException {
        var matcher = DEFINITION.matcher(page());
        var rules = new ArrayList<String>();
        while (matcher.find()) {
            rules.add(matcher.group(1));
        }
        return rules;
    }

    private static Set<String> found(Pattern pattern, String text) {
        var found = new TreeSet<String>();
        pattern.matcher(text).results().forEach(result -> found.add(result.group()));
        return found;
    }

    /// The rules that tests of all modules cite.
    private static Set<String> cited() throws IOException {
        var cited = new TreeSet<String>();
        try (var modules = Files.list(ROOT)) {
            for (var module : modules.filter(Files::isDirectory).toList()) {
                var tests = module.resolve("src/test/java");
                if (Files.isDirectory(tests)) {
                    addCited(tests, cited);
                }
            }
        }
        return cited;
    }

    private static void addCited(Path tests, Set<String> cited) throws IOException {
        try (var files = Files.walk(tests)) {
            for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                var citations = CITATION.matcher(Files.readString(file));
                while (citations.find()) {
                    cited.addAll(found(RULE, citations.group(1)));
                }
            }
        }
    }
}
