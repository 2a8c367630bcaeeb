package io.lockstep.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// The state of a group on the server, for its members.
///
/// @param policy every rule is present, except `retention_bytes` where the server's limit applies
/// @param position the newest entry of the log
/// @param provisional positions of the commits that can be voided, oldest first
/// @param left clients that have left and still have a leaf in MLS, `user/device`
/// @param frozen whether the operator has frozen the group
/// @param groupInfoEpoch the epoch of the stored GroupInfo, which is stale if it is below `epoch`;
///     empty if there is none
/// @param successor the group in whose favour this one has ended
public record GroupOverview(
        GroupPolicy policy,
        long epoch,
        long position,
        List<Long> provisional,
        List<String> left,
        boolean frozen,
        OptionalLong groupInfoEpoch,
        Optional<GroupId> successor) {
    public GroupOverview {
        provisional = List.copyOf(provisional);
        left = List.copyOf(left);
    }

    /// @throws IllegalArgumentException if the policy has unknown values
    static GroupOverview of(JsonValue json) {
        var successor = json.get("successor_group_id").text();
        return new GroupOverview(
                policy(json.get("policy")),
                json.get("epoch").number(),
                json.get("position").number(),
                json.get("provisional").elements().stream().map(JsonValue::number).toList(),
                json.get("left").elements().stream().map(JsonValue::text).toList(),
                json.get("frozen").bool(),
                json.has("group_info_epoch")
                        ? OptionalLong.of(json.get("group_info_epoch").number())
                        : OptionalLong.empty(),
                successor.isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                new GroupId(Bytes.wrap(Base64.getDecoder().decode(successor)))));
    }

    /// Its JSON has the names of the protocol buffer.
    private static GroupPolicy policy(JsonValue json) {
        var policy = GroupPolicy.newBuilder();
        try {
            JsonFormat.parser()
                    .ignoringUnknownFields()
                    .merge(JsonFormat.printer().print(json.value()), policy);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("not a policy", e);
        }
        return policy.build();
    }
}
