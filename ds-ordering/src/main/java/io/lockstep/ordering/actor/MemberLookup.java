package io.lockstep.ordering.actor;

import io.lockstep.log.GroupLog;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.state.RosterQuery;
import io.lockstep.wire.mls.GroupId;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A lookup in the log of the memberships of a batch's authors.
final class MemberLookup {
    private static final int OWNERS_AT_ONCE = 64;

    private MemberLookup() {}

    record RosterResult(
            Map<MemberId, Optional<Membership>> members, Map<UserPseudonym, Boolean> owners) {}

    static Mono<RosterResult> ask(GroupLog log, GroupId group, RosterQuery query) {
        var owners =
                Flux.fromIterable(query.owners())
                        .flatMap(
                                owner ->
                                        log.hasDeviceOf(group, owner)
                                                .map(has -> Map.entry(owner, has)),
                                OWNERS_AT_ONCE)
                        .collectMap(Map.Entry::getKey, Map.Entry::getValue);
        return log.memberships(group, query.members())
                .flatMap(members -> {
                    if (members.size() < query.members().size()) {
                        return Mono.error(
                                new LogUnavailableException("some memberships", group, null));
                    }
                    return owners.map(devices -> new RosterResult(members, devices));
                });
    }
}
