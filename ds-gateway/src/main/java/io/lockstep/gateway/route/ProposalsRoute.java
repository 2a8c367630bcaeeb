package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Request;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.log.BlobReference;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.PartContent;
import io.lockstep.log.ReadOutcome;
import io.lockstep.runtime.ReadPermits;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import reactor.core.publisher.Mono;

/// Returns the pending proposals of a group's current epoch, a page at a time, to a client that may
/// fetch its GroupInfo (invariant I9).
final class ProposalsRoute {
    /// Proposals of one answer. A run of neighbours in the log is one read.
    static final int COUNT_MAX = 64;

    /// An answer ends at the proposal with which its messages reach this.
    static final int BYTES_MAX = 256 << 10;

    /// Requests that read at a time on this node; others wait.
    private static final int READS_MAX = 4;

    private static final int POSITION_DIGITS_MAX = 18;

    private final GroupLog log;
    private final GroupAccess access;
    private final ReadPermits permits = new ReadPermits(READS_MAX);

    private ProposalsRoute(GroupLog log, GroupAccess access) {
        this.log = log;
        this.access = access;
    }

    static Route route(GroupLog log, GroupAccess access) {
        var route = new ProposalsRoute(log, access);
        return new Route(
                HttpMethod.GET,
                "/v1/groups/{}/proposals",
                Route.BodyRule.NONE,
                new Route.RouteAccess.Authenticated(route::get));
    }

    private Mono<RouteResponse> get(ClientId client, Request request) {
        var group = GroupPath.groupId(request.parameter(0));
        if (group.isEmpty()) {
            return Mono.just(GroupPath.problem());
        }
        var after = after(request);
        if (after.isEmpty()) {
            return Mono.just(
                    ProblemDetails.of(Code.INVALID_REQUEST, "after: a position, 0 or more"));
        }
        return access.of(group.get(), client)
                .flatMap(found ->
                        found.refusal()
                                .map(code -> Mono.just(ProblemDetails.of(code)))
                                .orElseGet(
                                        () -> permits.run(page(group.get(), after.getAsLong()))));
    }

    /// @return empty if it is not a position
    private static OptionalLong after(Request request) {
        var text = request.query("after").orElse("0");
        return text.matches("[0-9]{1," + POSITION_DIGITS_MAX + "}")
                ? OptionalLong.of(Long.parseLong(text))
                : OptionalLong.empty();
    }

    private Mono<RouteResponse> page(GroupId group, long after) {
        return log.load(group, 0)
                .switchIfEmpty(
                        Mono.error(() -> new LogUnavailableException("proposals", group, null)))
                .flatMap(snapshot -> {
                    var positions =
                            snapshot.proposals().stream()
                                    .filter(position -> position > after)
                                    .filter(p -> p >= snapshot.tail().firstRetained())
                                    .toList();
                    var wanted = positions.subList(0, Math.min(COUNT_MAX, positions.size()));
                    return read(group, wanted, List.of())
                            .map(entries -> answer(snapshot, entries, positions));
                });
    }

    /// Reads the entries at these positions, one run of neighbours after the other, until the
    /// answer is full.
    ///
    /// @param wanted positions of proposals, in order
    /// @param found what was read before
    private Mono<List<LogEntry>> read(GroupId group, List<Long> wanted, List<LogEntry> found) {
        int bytes = found.stream().mapToInt(entry -> entry.content().inlineSize()).sum();
        if (wanted.isEmpty() || bytes >= BYTES_MAX) {
            return Mono.just(found);
        }
        int run = run(wanted);
        return log.read(group, wanted.getFirst() - 1, run, BYTES_MAX - bytes)
                .switchIfEmpty(
                        Mono.error(() -> new LogUnavailableException("proposals", group, null)))
                .flatMap(outcome ->
                        switch (outcome) {
                            case ReadOutcome.Entries(_, var entries) when !entries.isEmpty() -> {
                                var all = new ArrayList<>(found);
                                all.addAll(entries);
                                yield read(
                                        group, wanted.subList(entries.size(), wanted.size()), all);
                            }
                            // Trimmed meanwhile.
                            case ReadOutcome.Entries _,
                                    ReadOutcome.Trimmed _,
                                    ReadOutcome.LogMissing _ ->
                                    read(group, wanted.subList(run, wanted.size()), found);
                        });
    }

    /// The number of positions at the beginning that are neighbours in the log.
    private static int run(List<Long> positions) {
        int length = 1;
        while (length < positions.size()
                && positions.get(length) == positions.get(length - 1) + 1) {
            length++;
        }
        return length;
    }

    private static RouteResponse answer(
            GroupSnapshot snapshot, List<LogEntry> entries, List<Long> positions) {
        var proposals =
                entries.stream()
                        .filter(entry -> entry.kind() == EntryKind.PROPOSAL)
                        .map(ProposalsRoute::json)
                        .toList();
        boolean more = !entries.isEmpty() && entries.getLast().position() < positions.getLast();
        return new RouteResponse(
                200,
                RouteResponse.JSON,
                Bytes.wrap(Json.write(Map.of("proposals", proposals, "more", more))),
                Map.of(GroupHeaders.EPOCH, Long.toString(snapshot.tail().epoch())));
    }

    private static Map<String, Object> json(LogEntry entry) {
        return switch (entry.content()) {
            case PartContent.Inline(var message) ->
                    Map.of(
                            "position",
                            entry.position(),
                            "message",
                            Base64.getEncoder().encodeToString(message.toArray()));
            case BlobReference(var sha256, long size) ->
                    Map.of(
                            "position",
                            entry.position(),
                            "reference",
                            Map.of("sha256", sha256.hex(), "size", size));
        };
    }
}
