package io.lockstep.server;

import io.lockstep.server.config.ServerSettings;
import java.io.PrintWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Prints the text that a running server writes for people.
interface ConsoleOutput {
    void line(String text);

    /// Prints text unchanged, or as log events if the log is JSON. In that case a reader parses
    /// every line of standard output as JSON.
    static ConsoleOutput of(ServerSettings.Log.Format format, PrintWriter out) {
        return switch (format) {
            case TEXT ->
                    text -> {
                        out.println(text);
                        out.flush();
                    };
            case JSON -> {
                Logger log = LoggerFactory.getLogger("lockstep");
                yield text -> log.info("{}", text.strip());
            }
        };
    }
}
