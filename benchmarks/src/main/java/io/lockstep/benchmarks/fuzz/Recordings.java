package io.lockstep.benchmarks.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// What the commands of a client sent to a server, connection by connection, taken down at a proxy: real
/// KeyPackages, commits, Welcomes and messages.
///
/// One line for each: `C` a connection begins, `H` bytes of HTTP, `W` a WebSocket message; base64.
final class Recordings {
    private static final String RESOURCE = "recorded.txt";

    private Recordings() {}

    /// @param sent requests as they were, or the WebSocket messages after the upgrade
    record Recording(boolean webSocket, List<byte[]> sent) {
        Recording {
            sent = List.copyOf(sent);
        }
    }

    static List<Recording> all() {
        try (var in = Recordings.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not on the class path");
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Recording> parse(String text) {
        var all = new ArrayList<Recording>();
        for (var connection : text.split("(?m)^C\\n", -1)) {
            var sent = new ArrayList<byte[]>();
            connection
                    .lines()
                    .filter(line -> line.length() > 2)
                    .forEach(line -> sent.add(Base64.getDecoder().decode(line.substring(2))));
            if (!sent.isEmpty()) {
                all.add(new Recording(connection.startsWith("W"), sent));
            }
        }
        return all;
    }
}
