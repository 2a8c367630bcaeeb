package io.lockstep.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Reads the Lua files, and finds in the sources which of them make up each script.
public final class ScriptTexts {
    private static final Path LUA = Path.of("src/main/resources/lua");
    private static final Path JAVA = Path.of("src/main/java");
    private static final Pattern MADE =
            Pattern.compile(
                    "Script\\s*\\.(of|reading|pruning|freeing)\\(\\s*(\"[^)]*\")\\s*\\)",
                    Pattern.DOTALL);

    private ScriptTexts() {}

    /// All files below `lua/FOLDER/`, as `FOLDER/name`, with their texts.
    public static Map<String, String> files(String folder) {
        var texts = new TreeMap<String, String>();
        try (var files = Files.walk(LUA.resolve(folder))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                texts.put(
                        LUA.relativize(file).toString().replace(".lua", ""),
                        Files.readString(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return texts;
    }

    /// The files of each script that the sources of a package build from literals, by SHA.
    public static Map<String, List<String>> scripts(String packageFolder) {
        var scripts = new TreeMap<String, List<String>>();
        try (var files = Files.walk(JAVA.resolve(packageFolder))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                MADE.matcher(Files.readString(file))
                        .results()
                        .forEach(made -> {
                            var paths = paths(made);
                            scripts.put(script(made.group(1), paths).sha(), List.of(paths));
                        });
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return scripts;
    }

    private static String[] paths(MatchResult made) {
        return Pattern.compile("\"([^\"]+)\"")
                .matcher(made.group(2))
                .results()
                .map(path -> path.group(1))
                .toArray(String[]::new);
    }

    private static Script script(String kind, String[] paths) {
        return switch (kind) {
            case "of" -> Script.of(paths);
            case "reading" -> Script.reading(paths);
            case "pruning" -> Script.pruning(paths);
            default -> Script.freeing(paths);
        };
    }
}
