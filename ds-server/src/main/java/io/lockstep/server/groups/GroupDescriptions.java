package io.lockstep.server.groups;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.LogEntry;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.wire.mls.GroupId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Describes a group for its operator, as a JSON object. It names no members.
final class GroupDescriptions {
    private final GroupLog log;

    GroupDescriptions(GroupLog log) {
        this.log = log;
    }

    /// @return empty when the group does not exist
    Mono<Map<String, Object>> of(GroupId group) {
        return log.load(group, 1)
                .flatMap(snapshot ->
                        Mono.zip(
                                log.groupInfo(group),
                                freezeEvidence(group, snapshot),
                                (info, evidence) -> describe(group, snapshot, info, evidence)));
    }

    /// Why the group is frozen, if the entry is retained.
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

    private static Map<String, Object> describe(
            GroupId group,
            GroupSnapshot snapshot,
            Optional<StoredGroupInfo> info,
            Optional<Evidence> freezeEvidence) {
        var tail = snapshot.tail();
        var object = new LinkedHashMap<String, Object>();
        object.put("group", GroupNames.write(group));
        object.put("epoch", tail.epoch());
        object.put("position", tail.position());
        object.put("first_position", tail.firstRetained());
        info.ifPresent(stored -> object.put("group_info_epoch", stored.epoch()));
        object.put(
                "provisional",
                snapshot.provisional().commits().stream()
                        .map(GroupDescriptions::describe)
                        .toList());
        if (snapshot.frozenAt() > 0) {
            object.put("frozen_at", snapshot.frozenAt());
            freezeEvidence.ifPresent(evidence -> object.put("frozen_why", evidence.text()));
        }
        snapshot.succession()
                .successor()
                .ifPresent(successor -> object.put("successor", GroupNames.write(successor)));
        return object;
    }

    private static Map<String, Object> describe(ProvisionalCommit commit) {
        var object = new LinkedHashMap<String, Object>();
        object.put("position", commit.position());
        object.put("epoch", commit.epoch());
        object.put("accepted_at_millis", commit.acceptedAtMillis());
        object.put("rejections", commit.rejectedBy().size());
        return object;
    }
}
