package io.lockstep.server;

import io.lockstep.server.config.ServerSettings;
import java.io.PrintWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where a running server's words for people go.
interface ConsoleOutput {
    void line(String text);

    /// As they are, or, where the log is JSON, as events of the log: whoever reads it reads every line of
    /// standard output as JSON.
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
