package io.lockstep.gateway.http;

import java.util.Map;

/// What the form of an answer depends on in whoever asked.
///
/// @param takesChunks false: HTTP/1.0; what is of unknown length ends with the connection
/// @param forBrowsers headers for browsers; the answer's own of the same name take their place
record Recipient(boolean takesChunks, Map<String, String> forBrowsers) {
    /// Before a request could be read.
    static final Recipient UNKNOWN = new Recipient(true, Map.of());

    static Recipient of(RequestHead head, Map<String, String> forBrowsers) {
        return new Recipient(head.takesChunks(), forBrowsers);
    }
}
