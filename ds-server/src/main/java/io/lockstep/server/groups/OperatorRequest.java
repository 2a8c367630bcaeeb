package io.lockstep.server.groups;

import io.lockstep.wire.Bytes;
import java.util.Map;

/// A request of an operator whose token was checked.
///
/// @param path begins with [#PREFIX]
/// @param query the decoded parameters; the last of each name
/// @param body at most [#BODY_BYTES_MAX]
public record OperatorRequest(String method, String path, Map<String, String> query, Bytes body) {
    public static final String PREFIX = "/groups";

    /// An evidence and a group id, with much to spare.
    public static final int BODY_BYTES_MAX = 4096;

    public OperatorRequest {
        query = Map.copyOf(query);
    }

    /// Whether this path is one of groups.
    public static boolean isFor(String path) {
        return path.equals(PREFIX) || path.startsWith(PREFIX + "/");
    }
}
