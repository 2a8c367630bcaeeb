package io.lockstep.benchmarks.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// Recordings of what client commands sent to a server, one for each connection, made at a proxy:
/// real KeyPackages, commits, Welcomes and messages.
///
/// One line for each: `C` starts a connection, `H` is bytes of HTTP, `W` is a WebSocket message; in
/// base64.
final class Recordings {
    private static final String RESOURCE = "recorded.txt";

    private Recordings() {}

    /// @param sent requests as recorded, or the WebSocket messages after the upgrade
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
