package io.lockstep.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;

/// The file in which a development server that was started in this folder announces its addresses.
final class DevServerFile {
    private static final Path FILE = Path.of(".lockstep", "dev", "server.json");

    private DevServerFile() {}

    /// @param name `http` or `operations`
    /// @return empty without such a server
    static Optional<URI> address(String name) {
        try {
            var json = new ObjectMapper().readTree(Files.readAllBytes(FILE));
            return json.path(name).asStringOpt().map(URI::create);
        } catch (IOException | JacksonException e) {
            return Optional.empty();
        }
    }
}
