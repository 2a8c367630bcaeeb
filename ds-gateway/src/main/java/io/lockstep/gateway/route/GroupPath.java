package io.lockstep.gateway.route;

import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;

/// Parses a group id in a path.
final class GroupPath {
    private GroupPath() {}

    static Optional<GroupId> groupId(String base64Url) {
        return Base64Url.decode(base64Url)
                .filter(bytes -> !bytes.isEmpty() && bytes.size() <= GroupId.BYTES_MAX)
                .map(GroupId::new);
    }

    static RouteResponse problem() {
        return ProblemDetails.of(Code.INVALID_REQUEST, "a group id is 1 to 255 bytes in base64url");
    }
}
