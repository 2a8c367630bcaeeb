package io.lockstep.server.groups;

import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.gateway.route.Base64Url;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.DeleteOutcome;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupTail;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.LinkedHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The operator's deletion of a group, whoever its members are.
///
/// It is no submission to ordering: the log, in which the other commands are entries, goes with the
/// group. So the audit is in the server's log. It deletes one incarnation: a group that is created
/// meanwhile under the same id stays.
final class OperatorDeletion {
    static final String COMMAND = "delete";

    private static final Logger LOG = LoggerFactory.getLogger(OperatorDeletion.class);

    private final GroupLog log;
    private final Counter deletions;

    OperatorDeletion(GroupLog log, MeterRegistry metrics) {
        this.log = log;
        deletions =
                Counter.builder("lockstep.groups.operator.deletions")
                        .description("Groups that this node deleted at the operator's command")
                        .register(metrics);
    }

    Mono<RouteResponse> perform(GroupId group, Bytes body) throws RefusalException {
        var command = DeleteBody.of(body);
        return Mono.justOrEmpty(command.incarnation())
                .switchIfEmpty(log.tail(group).map(OperatorDeletion::incarnation))
                .flatMap(incarnation -> delete(group, incarnation, command.evidence()))
                .defaultIfEmpty(ProblemDetails.of(Code.UNKNOWN_GROUP));
    }

    private static Bytes incarnation(GroupTail tail) {
        return tail.last().incarnation();
    }

    /// The first line is written before the group is touched: if the node stops meanwhile, the
    /// audit has the command.
    private Mono<RouteResponse> delete(GroupId group, Bytes incarnation, Evidence evidence) {
        audit(group, incarnation, "begins, evidence: " + printable(evidence.text()));
        return log.delete(group, new DeleteCondition.SameIncarnation(incarnation))
                .flatMap(outcome -> answer(group, incarnation, outcome))
                .onErrorResume(failure -> Mono.just(unknown(group, incarnation, failure)));
    }

    private Mono<RouteResponse> answer(GroupId group, Bytes incarnation, DeleteOutcome outcome) {
        return switch (outcome) {
            case DELETED -> {
                deletions.increment();
                audit(group, incarnation, "is complete");
                yield Mono.just(done(group, incarnation, false));
            }
            case GROUP_MISSING, ANOTHER_INCARNATION ->
                    log.isDeleted(group, incarnation)
                            .map(before -> absent(group, incarnation, before));
            case NOT_A_MEMBER, OTHER_USERS ->
                    throw new IllegalStateException("no user was required");
        };
    }

    /// @param before whether the incarnation was deleted before
    private static RouteResponse absent(GroupId group, Bytes incarnation, boolean before) {
        audit(
                group,
                incarnation,
                before ? "changes nothing: it was deleted before" : "finds no such group");
        return before
                ? done(group, incarnation, true)
                : ProblemDetails.of(
                        Code.UNKNOWN_GROUP, "there is no group with this id and incarnation");
    }

    /// The deletion may have begun. Then a sweep completes it.
    private static RouteResponse unknown(GroupId group, Bytes incarnation, Throwable failure) {
        LOG.warn(
                "group {}: the operator's delete of incarnation {} may have failed: {}",
                group.bytes().hex(),
                incarnation.hex(),
                failure.toString());
        return ProblemDetails.of(
                Code.OUTCOME_UNKNOWN,
                "send it again with \""
                        + DeleteBody.INCARNATION
                        + "\":\""
                        + incarnation.hex()
                        + "\"");
    }

    private static RouteResponse done(GroupId group, Bytes incarnation, boolean repeat) {
        var result = new LinkedHashMap<String, Object>();
        result.put("group", Base64Url.encode(group.bytes()));
        result.put("incarnation", incarnation.hex());
        result.put("repeat", repeat);
        return Json.answer(result);
    }

    /// With the whole group id: nothing else keeps it.
    private static void audit(GroupId group, Bytes incarnation, String what) {
        LOG.info(
                "group {}: the operator's delete of incarnation {} {}",
                group.bytes().hex(),
                incarnation.hex(),
                what);
    }

    /// Evidence must not look like further lines of the log.
    private static String printable(String text) {
        return text.replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]", "\uFFFD");
    }
}
