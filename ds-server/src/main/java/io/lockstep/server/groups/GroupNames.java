package io.lockstep.server.groups;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.Base64;
import java.util.Optional;

/// Group ids in paths and JSON: base64url (RFC 4648 §5), written without padding, as in the HTTP
/// interface of clients.
final class GroupNames {
    static final String RULE = "a group id is 1 to 255 bytes in base64url";

    private GroupNames() {}

    static String write(GroupId group) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(group.bytes().toArray());
    }

    static Optional<GroupId> parse(String text) {
        try {
            var bytes = Base64.getUrlDecoder().decode(text);
            return bytes.length == 0 || bytes.length > GroupId.BYTES_MAX
                    ? Optional.empty()
                    : Optional.of(new GroupId(Bytes.wrap(bytes)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
