package io.lockstep.gateway.http;

import java.util.Map;

/// What the form of an answer depends on in whoever asked.
///
/// @param takesChunks false: HTTP/1.0; what is of unknown length ends with the connection
/// @param forBrowsers headers for browsers; the answer's own of the same name take their place
record ResponseFormat(boolean takesChunks, Map<String, String> forBrowsers) {
    /// Before a request could be read.
    static final ResponseFormat UNKNOWN = new ResponseFormat(true, Map.of());

    static ResponseFormat of(RequestHead head, Map<String, String> forBrowsers) {
        return new ResponseFormat(head.takesChunks(), forBrowsers);
    }
}
