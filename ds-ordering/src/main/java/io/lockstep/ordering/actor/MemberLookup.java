package io.lockstep.ordering.actor;

import io.lockstep.log.GroupLog;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.OwnerId;
import io.lockstep.ordering.state.RosterQuestions;
import io.lockstep.wire.mls.GroupId;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A lookup in the log of the memberships of a batch's authors.
final class MemberLookup {
    private static final int OWNERS_AT_ONCE = 64;

    private MemberLookup() {}

    record Answers(Map<MemberId, Optional<Membership>> members, Map<OwnerId, Boolean> owners) {}

    static Mono<Answers> ask(GroupLog log, GroupId group, RosterQuestions questions) {
        var owners =
                Flux.fromIterable(questions.owners())
                        .flatMap(
                                owner ->
                                        log.hasDeviceOf(group, owner)
                                                .map(has -> Map.entry(owner, has)),
                                OWNERS_AT_ONCE)
                        .collectMap(Map.Entry::getKey, Map.Entry::getValue);
        return log.memberships(group, questions.members())
                .flatMap(members -> {
                    if (members.size() < questions.members().size()) {
                        return Mono.error(
                                new LogUnavailableException("some memberships", group, null));
                    }
                    return owners.map(devices -> new Answers(members, devices));
                });
    }
}
