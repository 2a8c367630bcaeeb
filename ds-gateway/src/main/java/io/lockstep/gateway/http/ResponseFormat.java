package io.lockstep.gateway.http;

import java.util.Map;

/// The properties of a request that determine the format of its response.
///
/// @param takesChunks false for HTTP/1.0: a response of unknown length then ends with the
///     connection
/// @param forBrowsers headers for browsers; a response's own header of the same name replaces them
record ResponseFormat(boolean takesChunks, Map<String, String> forBrowsers) {
    /// The format before a request could be parsed.
    static final ResponseFormat UNKNOWN = new ResponseFormat(true, Map.of());

    static ResponseFormat of(RequestHead head, Map<String, String> forBrowsers) {
        return new ResponseFormat(head.takesChunks(), forBrowsers);
    }
}
