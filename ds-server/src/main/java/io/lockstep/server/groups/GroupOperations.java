package io.lockstep.server.groups;

import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.gateway.route.Base64Url;
import io.lockstep.gateway.route.GroupPath;
import io.lockstep.log.GroupLog;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.ordering.Ordering;
import io.lockstep.ordering.Submission.OperatorCommand;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The operations of an operator on groups:
///
/// | Request | Does |
/// |---|---|
/// | `GET /groups` | lists the register of troubled groups, page by page |
/// | `GET /groups/{group}` | describes a group |
/// | `POST /groups/{group}/void` | voids provisional commits |
/// | `POST /groups/{group}/reset` | ends the group in favour of a successor |
/// | `POST /groups/{group}/freeze`, `…/thaw` | begins and ends a freeze |
/// | `POST /groups/{group}/delete` | deletes the group, with its log |
///
/// A command but `delete` is a submission to ordering, like those of clients, so any node takes it,
/// and its outcome is an entry of the group's log.
public final class GroupOperations {
    private static final Logger LOG = LoggerFactory.getLogger(GroupOperations.class);
    private static final String GET = "GET";
    private static final String POST = "POST";

    /// Groups of a page. Each is read with its GroupInfo, at most 64 KiB.
    private static final int PAGE_MAX = 64;

    private final Ordering ordering;
    private final GroupDescriptions descriptions;
    private final OperatorDeletion deletion;

    public GroupOperations(
            Ordering ordering, GroupLog log, InstantSource clock, MeterRegistry metrics) {
        this.ordering = ordering;
        this.descriptions = new GroupDescriptions(log, clock);
        this.deletion = new OperatorDeletion(log, metrics);
    }

    /// @return a response in any case: failures of the log are problems
    public Mono<RouteResponse> answer(OperatorRequest request) {
        return Mono.defer(() -> route(request))
                .onErrorResume(
                        RefusalException.class, e -> Mono.just(ProblemDetails.of(e.refusal())))
                .onErrorResume(
                        LogUnavailableException.class,
                        _ -> Mono.just(ProblemDetails.of(Code.UNAVAILABLE)))
                .onErrorResume(
                        RedisUnavailableException.class,
                        _ -> Mono.just(ProblemDetails.of(Code.UNAVAILABLE)))
                .onErrorResume(e -> {
                    LOG.error("an operation on a group failed", e);
                    return Mono.just(ProblemDetails.of(Code.INTERNAL));
                });
    }

    private Mono<RouteResponse> route(OperatorRequest request) {
        var parts = request.path().substring(OperatorRequest.PREFIX.length()).split("/", -1);
        return switch (parts.length) {
            case 1 -> allowed(request, GET, () -> list(request));
            case 2 -> allowed(request, GET, () -> describe(parts[1]));
            case 3 -> allowed(request, POST, () -> command(request, parts[1], parts[2]));
            default -> Mono.just(ProblemDetails.of(Code.NOT_FOUND));
        };
    }

    private interface Operation {
        Mono<RouteResponse> perform() throws RefusalException;
    }

    private static Mono<RouteResponse> allowed(
            OperatorRequest request, String method, Operation operation) {
        if (!request.method().equals(method)) {
            return Mono.just(
                    ProblemDetails.of(
                            Code.METHOD_NOT_ALLOWED,
                            Code.METHOD_NOT_ALLOWED.httpStatus(),
                            method + " only",
                            Map.of("allow", method)));
        }
        try {
            return operation.perform();
        } catch (RefusalException e) {
            return Mono.just(ProblemDetails.of(e.refusal()));
        }
    }

    /// The query may have `broken=true`, `limit` and `after`, the `next` of the page before.
    private Mono<RouteResponse> list(OperatorRequest request) throws RefusalException {
        var query = request.query();
        boolean brokenOnly = query.getOrDefault("broken", "false").equals("true");
        int limit = limit(query.getOrDefault("limit", Integer.toString(PAGE_MAX)));
        try {
            return descriptions
                    .troubled(query.getOrDefault("after", ""), limit)
                    .map(page -> {
                        var object = new LinkedHashMap<String, Object>();
                        object.put(
                                "groups",
                                page.groups().stream()
                                        .filter(group -> group.isBroken() || !brokenOnly)
                                        .map(GroupDescription::toJson)
                                        .toList());
                        page.next().ifPresent(next -> object.put("next", next));
                        return Json.answer(object);
                    });
        } catch (IllegalArgumentException e) {
            throw new RefusalException(Code.INVALID_REQUEST, "after: " + e.getMessage());
        }
    }

    private static int limit(String text) throws RefusalException {
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= PAGE_MAX) {
                return limit;
            }
        } catch (NumberFormatException _) {
            // The exception below reports it.
        }
        throw new RefusalException(Code.INVALID_REQUEST, "limit: 1 to " + PAGE_MAX);
    }

    private Mono<RouteResponse> describe(String name) throws RefusalException {
        var group = group(name);
        return descriptions
                .of(group)
                .map(found -> Json.answer(found.toJson()))
                .defaultIfEmpty(ProblemDetails.of(Code.UNKNOWN_GROUP));
    }

    private static GroupId group(String name) throws RefusalException {
        return GroupPath.groupId(name)
                .orElseThrow(() -> new RefusalException(Code.INVALID_REQUEST, GroupPath.RULE));
    }

    private Mono<RouteResponse> command(OperatorRequest request, String name, String command)
            throws RefusalException {
        var group = group(name);
        if (command.equals(OperatorDeletion.COMMAND)) {
            return deletion.perform(group, request.body());
        }
        var body = CommandBody.of(command, request.body());
        if (body.isEmpty()) {
            return Mono.just(ProblemDetails.of(Code.NOT_FOUND));
        }
        var submission = new OperatorCommand(group, body.get().action(), body.get().evidence());
        return ordering.submit(submission).map(answer -> answered(group, command, answer));
    }

    private static RouteResponse answered(GroupId group, String command, SubmissionAnswer answer) {
        return switch (answer) {
            case SubmissionAnswer.RefusedAnswer refused -> ProblemDetails.of(refused.refusal());
            case SubmissionAnswer.AcceptedAnswer accepted -> {
                LOG.info(
                        "group {}: the operator's {} is at position {}",
                        group,
                        command,
                        accepted.logPosition().position());
                var result = new LinkedHashMap<String, Object>();
                result.put("group", Base64Url.encode(group.bytes()));
                result.put("position", accepted.logPosition().position());
                result.put("epoch", accepted.epoch());
                result.put("repeat", accepted.repeat());
                yield Json.answer(result);
            }
        };
    }
}
