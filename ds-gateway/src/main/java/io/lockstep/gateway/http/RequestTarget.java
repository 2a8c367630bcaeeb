package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.BrowserAccess;
import java.util.Locale;
import java.util.Optional;

/// A request target (RFC 9112 §3.2): a path, and the authority if the target is in absolute-form.
///
/// @param authority of an absolute-form target; empty in origin-form
/// @param path as sent, without the query
record RequestTarget(Optional<String> authority, String path) {
    /// @return empty if it is neither in origin-form nor in absolute-form of `http` or `https`
    static Optional<RequestTarget> of(String uri) {
        if (!uri.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '#')) {
            return Optional.empty();
        }
        if (uri.startsWith("/")) {
            return Optional.of(new RequestTarget(Optional.empty(), pathOf(uri)));
        }
        var lower = uri.toLowerCase(Locale.ROOT);
        int from = lower.startsWith("http://") ? 7 : lower.startsWith("https://") ? 8 : -1;
        if (from < 0) {
            return Optional.empty();
        }
        int end = from;
        while (end < uri.length() && uri.charAt(end) != '/' && uri.charAt(end) != '?') {
            end++;
        }
        var authority = uri.substring(from, end);
        if (!BrowserAccess.isHostAndPort(authority)) {
            return Optional.empty();
        }
        var path = pathOf(uri.substring(end));
        return Optional.of(new RequestTarget(Optional.of(authority), path.isEmpty() ? "/" : path));
    }

    private static String pathOf(String pathAndQuery) {
        int query = pathAndQuery.indexOf('?');
        return query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
    }
}
