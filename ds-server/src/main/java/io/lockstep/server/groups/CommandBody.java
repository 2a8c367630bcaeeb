package io.lockstep.server.groups;

import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.route.GroupPath;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.ordering.Submission.OperatorAction;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// The body of a command to ordering: `{"why":…}`, with `position` of a void, `successor` of a reset.
///
/// @param evidence why
record CommandBody(OperatorAction action, Evidence evidence) {
    static final String WHY = "why";
    private static final String POSITION = "position";
    private static final String SUCCESSOR = "successor";

    /// @return empty when there is no such command
    static Optional<CommandBody> of(String command, Bytes body) throws RefusalException {
        return switch (command) {
            case "void" -> Optional.of(voidCommits(object(body, Set.of(WHY, POSITION))));
            case "reset" -> Optional.of(reset(object(body, Set.of(WHY, SUCCESSOR))));
            case "freeze" -> Optional.of(of(new OperatorAction.Freeze(), body));
            case "thaw" -> Optional.of(of(new OperatorAction.Thaw(), body));
            default -> Optional.empty();
        };
    }

    private static CommandBody of(OperatorAction action, Bytes body) throws RefusalException {
        return new CommandBody(action, evidence(object(body, Set.of(WHY))));
    }

    static JsonNode object(Bytes body, Collection<String> known) throws RefusalException {
        var object = Json.readObject(body.toArray());
        for (var name : object.propertyNames()) {
            if (!known.contains(name)) {
                throw invalid("the body must not have \"" + name + "\"");
            }
        }
        return object;
    }

    private static CommandBody voidCommits(JsonNode object) throws RefusalException {
        var position = object.path(POSITION);
        if (!position.isMissingNode() && !(position.isIntegralNumber() && position.asLong() > 0)) {
            throw invalid("position: the position of a provisional commit, above 0");
        }
        return new CommandBody(
                new OperatorAction.VoidCommits(
                        position.isMissingNode()
                                ? OptionalLong.empty()
                                : OptionalLong.of(position.asLong())),
                evidence(object));
    }

    private static CommandBody reset(JsonNode object) throws RefusalException {
        var successor =
                GroupPath.groupId(object.path(SUCCESSOR).asString(""))
                        .orElseThrow(() -> invalid("successor: " + GroupPath.RULE));
        return new CommandBody(new OperatorAction.Reset(successor), evidence(object));
    }

    static Evidence evidence(JsonNode object) throws RefusalException {
        try {
            return Evidence.of(object.path(WHY).asString(""));
        } catch (IllegalArgumentException e) {
            throw invalid("why: " + e.getMessage());
        }
    }

    static RefusalException invalid(String detail) {
        return new RefusalException(Code.INVALID_REQUEST, detail);
    }
}
