package io.lockstep.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The folder next to the repository with the working group's vectors and real messages of client
/// libraries. If it is missing, a test that needs it is skipped with a message.
public final class SharedFolder {
    private static final JsonMapper JSON = JsonMapper.shared();

    private SharedFolder() {}

    private static Path folder(String name) {
        var path = Path.of(System.getProperty("lockstep.root", "..")).resolve("../shared/" + name);
        Assumptions.assumeTrue(
                Files.isDirectory(path), () -> "skipped: there is no folder " + path.normalize());
        return path;
    }

    /// One file of mlswg/mls-implementations `test-vectors`.
    public static List<JsonNode> vectors(String name) {
        var file = folder("vectors").resolve(name + ".json");
        Assumptions.assumeTrue(Files.exists(file), () -> "skipped: there is no file " + file);
        var cases = new ArrayList<JsonNode>();
        JSON.readTree(file.toFile()).forEach(cases::add);
        return cases;
    }

    /// Each sample's bytes by file name without `.hex`.
    public static Map<String, Bytes> samples() {
        try (var files = Files.list(folder("samples"))) {
            return files.filter(file -> file.toString().endsWith(".hex"))
                    .collect(
                            Collectors.toMap(
                                    file -> file.getFileName().toString().replace(".hex", ""),
                                    SharedFolder::readHex,
                                    (a, b) -> a,
                                    TreeMap::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Bytes sample(String name) {
        var file = folder("samples").resolve(name + ".hex");
        Assumptions.assumeTrue(Files.exists(file), () -> "skipped: there is no file " + file);
        return readHex(file);
    }

    private static Bytes readHex(Path file) {
        try {
            return Bytes.ofHex(Files.readString(file).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
