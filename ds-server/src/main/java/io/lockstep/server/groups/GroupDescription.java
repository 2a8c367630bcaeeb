package io.lockstep.server.groups;

import io.lockstep.gateway.route.Base64Url;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTroubles;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.log.TroubleKind;
import io.lockstep.wire.mls.GroupId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What an operator sees of a group. It names no members.
///
/// @param broken why it is broken; empty for a healthy group
/// @param freezeEvidence why it is frozen, if its entry is retained
record GroupDescription(
        GroupId group,
        GroupSnapshot snapshot,
        Optional<StoredGroupInfo> info,
        GroupTroubles troubles,
        Set<GroupHealth.Reason> broken,
        Optional<Evidence> freezeEvidence) {
    GroupDescription {
        broken = Set.copyOf(broken);
    }

    boolean isBroken() {
        return !broken.isEmpty();
    }

    /// As a JSON object.
    Map<String, Object> toJson() {
        var tail = snapshot.tail();
        var object = new LinkedHashMap<String, Object>();
        object.put("group", Base64Url.encode(group.bytes()));
        object.put("broken", reasons());
        object.put(DeleteBody.INCARNATION, tail.last().incarnation().hex());
        object.put("epoch", tail.epoch());
        object.put("position", tail.position());
        object.put("first_position", tail.firstRetained());
        info.ifPresent(stored -> object.put("group_info_epoch", stored.epoch()));
        object.put(
                "provisional",
                snapshot.provisional().commits().stream()
                        .map(GroupDescription::provisional)
                        .toList());
        if (snapshot.frozenAt() > 0) {
            object.put("frozen_at", snapshot.frozenAt());
            freezeEvidence.ifPresent(evidence -> object.put("frozen_why", evidence.text()));
        }
        snapshot.succession()
                .successor()
                .ifPresent(
                        successor -> object.put("successor", Base64Url.encode(successor.bytes())));
        object.put("troubles", counts());
        if (troubles.lastMillis() > 0) {
            object.put("last_trouble_at_millis", troubles.lastMillis());
        }
        return object;
    }

    private List<String> reasons() {
        return broken.stream().sorted().map(GroupHealth.Reason::wireName).toList();
    }

    private Map<String, Object> counts() {
        var counts = new LinkedHashMap<String, Object>();
        for (var kind : TroubleKind.values()) {
            counts.put(kind.name().toLowerCase(Locale.ROOT), troubles.count(kind));
        }
        return counts;
    }

    private static Map<String, Object> provisional(ProvisionalCommit commit) {
        var object = new LinkedHashMap<String, Object>();
        object.put("position", commit.position());
        object.put("epoch", commit.epoch());
        object.put("accepted_at_millis", commit.acceptedAtMillis());
        object.put("rejections", commit.rejectedBy().size());
        return object;
    }
}
