package io.lockstep.server.config;

import java.util.ArrayList;
import java.util.List;

/// Prints settings as YAML that reads back as the same settings.
public final class SettingsPrinter {
    private static final int LINE_MAX = 100;

    private SettingsPrinter() {}

    /// Each key with its default and, as comments, its purpose. A key without a default is
    /// commented out.
    public static String defaults(Class<? extends Record> type) {
        var out = new StringBuilder();
        List<String> section = List.of();
        for (var key : SettingKeys.of(type)) {
            var path = List.of(key.name().split("\\.", -1));
            section = openSections(out, section, path);
            var indent = "  ".repeat(path.size() - 1);
            out.append('\n');
            comment(out, indent, key.setting().doc());
            var text = key.setting().value();
            out.append(indent)
                    .append(text.isEmpty() ? "# " : "")
                    .append(path.getLast())
                    .append(": ")
                    .append(quoted(text))
                    .append('\n');
        }
        return out.toString();
    }

    /// The values in effect, one `key: value` a line, each with its source; secrets masked.
    public static String values(List<SettingsResult.Value> values) {
        var out = new StringBuilder();
        for (var value : values) {
            out.append(
                    "%-42s %-24s # %s%n"
                            .formatted(value.key() + ":", quoted(value.text()), value.where()));
        }
        return out.toString();
    }

    private static List<String> openSections(
            StringBuilder out, List<String> open, List<String> path) {
        var sections = path.subList(0, path.size() - 1);
        for (int depth = 0; depth < sections.size(); depth++) {
            if (depth >= open.size()
                    || !open.subList(0, depth + 1).equals(sections.subList(0, depth + 1))) {
                out.append(depth == 0 && !out.isEmpty() ? "\n" : "")
                        .append("  ".repeat(depth))
                        .append(sections.get(depth))
                        .append(":\n");
            }
        }
        return new ArrayList<>(sections);
    }

    private static void comment(StringBuilder out, String indent, String doc) {
        var line = new StringBuilder();
        for (var word : doc.split("\\s+", -1)) {
            if (!line.isEmpty() && indent.length() + line.length() + word.length() + 3 > LINE_MAX) {
                out.append(indent).append("# ").append(line).append('\n');
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        out.append(indent).append("# ").append(line).append('\n');
    }

    /// Quotes a text that YAML would read as another type.
    private static String quoted(String text) {
        return text.isEmpty()
                        || text.matches(
                                "[A-Za-z0-9./_-][A-Za-z0-9./_@:-]*[A-Za-z0-9./_-]|[A-Za-z0-9]")
                ? text
                : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
