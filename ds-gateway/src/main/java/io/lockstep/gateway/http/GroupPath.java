package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.mls.GroupId;
import java.util.Base64;
import java.util.Optional;

/// A group's id as it stands in a path.
final class GroupPath {
    private GroupPath() {}

    static Optional<GroupId> groupId(String base64Url) {
        try {
            return Optional.of(new GroupId(Bytes.wrap(Base64.getUrlDecoder().decode(base64Url))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    static HttpAnswer problem() {
        return ProblemDetails.of(Code.INVALID_REQUEST, "a group id is 1 to 255 bytes in base64url");
    }
}
