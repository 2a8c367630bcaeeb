package io.lockstep.server.groups;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTroubles;
import io.lockstep.log.LogEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.mls.GroupId;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Describes groups for their operator, from the log.
final class GroupDescriptions {
    /// Groups that are read at a time. Each costs three short calls to the store.
    private static final int AT_ONCE = 4;

    private final GroupLog log;
    private final InstantSource clock;

    GroupDescriptions(GroupLog log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    /// A page of the register of troubled groups.
    ///
    /// @param next the cursor of the next page; empty when there is none
    record DescribedPage(List<GroupDescription> groups, Optional<String> next) {
        DescribedPage {
            groups = List.copyOf(groups);
        }
    }

    /// @throws IllegalArgumentException if `after` is no cursor
    Mono<DescribedPage> troubled(String after, int countMax) {
        return log.troubledGroups(after, countMax)
                .flatMap(page ->
                        Flux.fromIterable(page.groups())
                                .flatMapSequential(
                                        found -> describe(found.group(), found.troubles()), AT_ONCE)
                                .collectList()
                                .map(groups -> new DescribedPage(groups, page.next())));
    }

    /// @return empty when the group does not exist
    Mono<GroupDescription> of(GroupId group) {
        return log.troubles(group).flatMap(troubles -> describe(group, troubles));
    }

    private Mono<GroupDescription> describe(GroupId group, GroupTroubles troubles) {
        return log.load(group, 1)
                .flatMap(snapshot ->
                        Mono.zip(
                                log.groupInfo(group),
                                freezeEvidence(group, snapshot),
                                (info, evidence) ->
                                        new GroupDescription(
                                                group,
                                                snapshot,
                                                info,
                                                troubles,
                                                GroupHealth.of(
                                                        snapshot, info, troubles, clock.millis()),
                                                evidence)));
    }

    private Mono<Optional<Evidence>> freezeEvidence(GroupId group, GroupSnapshot snapshot) {
        return snapshot.frozenAt() == 0
                ? Mono.just(Optional.empty())
                : log.read(group, snapshot.frozenAt() - 1, 1, 1).map(GroupDescriptions::evidence);
    }

    private static Optional<Evidence> evidence(ReadOutcome outcome) {
        return outcome instanceof ReadOutcome.Entries(_, var entries)
                ? entries.stream()
                        .findFirst()
                        .flatMap(LogEntry::control)
                        .filter(ControlEvent.Frozen.class::isInstance)
                        .map(event -> ((ControlEvent.Frozen) event).evidence())
                : Optional.empty();
    }
}
