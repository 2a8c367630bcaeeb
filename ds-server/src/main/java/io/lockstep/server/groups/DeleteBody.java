package io.lockstep.server.groups;

import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.GroupHead;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.RefusalException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// The body of a `delete`: `{"why":…,"incarnation":…}`.
///
/// @param incarnation the one to delete; empty: the one that the store has now
record DeleteBody(Optional<Bytes> incarnation, Evidence evidence) {
    static final String INCARNATION = "incarnation";

    private static final Pattern HEX =
            Pattern.compile("[0-9a-f]{" + 2 * GroupHead.INCARNATION_BYTES + "}");

    static DeleteBody of(Bytes body) throws RefusalException {
        var object = CommandBody.object(body, Set.of(CommandBody.WHY, INCARNATION));
        return new DeleteBody(incarnation(object), CommandBody.evidence(object));
    }

    private static Optional<Bytes> incarnation(JsonNode object) throws RefusalException {
        if (object.path(INCARNATION).isMissingNode()) {
            return Optional.empty();
        }
        var text = object.path(INCARNATION).asString("");
        if (!HEX.matcher(text).matches()) {
            throw CommandBody.invalid(
                    "incarnation: as GET /groups/{group} names it, 32 digits in hex");
        }
        return Optional.of(Bytes.ofHex(text));
    }
}
