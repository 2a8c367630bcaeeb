package io.lockstep.server.config;

import io.lockstep.server.config.SettingsSources.LocatedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/// Reads a YAML file as flat settings, each with its line. Nested keys are joined with dots. A
/// sequence of scalars becomes one text joined with commas. Scalars keep their spelling: `yes` is
/// not `true`.
final class YamlSettings {
    private final Path file;
    private final Map<String, LocatedText> values = new LinkedHashMap<>();

    private YamlSettings(Path file) {
        this.file = file;
    }

    static Map<String, LocatedText> read(Path file) throws IOException, InvalidYamlException {
        var settings = new YamlSettings(file);
        try (var reader = Files.newBufferedReader(file)) {
            // Composed, not constructed: no YAML tag can create an object.
            var root = new Yaml(new LoaderOptions()).compose(reader);
            if (root != null) {
                settings.take("", root);
            }
        } catch (MarkedYAMLException e) {
            var mark = e.getProblemMark();
            throw new InvalidYamlException(
                    new SettingsProblem(
                            file.toString(),
                            "is not YAML: " + e.getProblem(),
                            mark == null ? file.toString() : settings.line(mark.getLine())));
        } catch (YAMLException e) {
            throw new InvalidYamlException(
                    new SettingsProblem(
                            file.toString(), "is not YAML", String.valueOf(e.getMessage())));
        }
        return settings.values;
    }

    private void take(String key, Node node) throws InvalidYamlException {
        switch (node) {
            case MappingNode mapping -> {
                for (var entry : mapping.getValue()) {
                    if (!(entry.getKeyNode() instanceof ScalarNode name)) {
                        throw invalid(key, "a key is a plain text", entry.getKeyNode());
                    }
                    take(
                            key.isEmpty() ? name.getValue() : key + "." + name.getValue(),
                            entry.getValueNode());
                }
            }
            case SequenceNode sequence -> {
                var parts = new ArrayList<String>();
                for (var element : sequence.getValue()) {
                    if (!(element instanceof ScalarNode scalar)) {
                        throw invalid(key, "a list holds plain texts only", element);
                    }
                    parts.add(scalar.getValue());
                }
                put(key, String.join(",", parts), node);
            }
            case ScalarNode scalar -> put(key, scalar.getValue(), node);
            default -> throw invalid(key, "aliases are not supported", node);
        }
    }

    private void put(String key, String text, Node node) throws InvalidYamlException {
        if (text.isBlank() && !key.isEmpty()) {
            // A section or key without a value sets nothing.
            return;
        }
        if (key.isEmpty()) {
            throw invalid(file.toString(), "holds no keys", node);
        }
        if (values.put(key, new LocatedText(text.strip(), at(node))) != null) {
            throw invalid(key, "is set twice", node);
        }
    }

    private InvalidYamlException invalid(String key, String what, Node node) {
        return new InvalidYamlException(new SettingsProblem(key, what, at(node)));
    }

    private String at(Node node) {
        return line(node.getStartMark().getLine());
    }

    private String line(int fromZero) {
        return file + ":" + (fromZero + 1);
    }

    /// The file is not valid as settings.
    static final class InvalidYamlException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient SettingsProblem problem;

        InvalidYamlException(SettingsProblem problem) {
            super(problem.toString());
            this.problem = problem;
        }

        SettingsProblem problem() {
            return problem;
        }
    }
}
