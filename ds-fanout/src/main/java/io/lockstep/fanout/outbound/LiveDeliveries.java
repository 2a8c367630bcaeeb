package io.lockstep.fanout.outbound;

import io.lockstep.log.GroupTail;

/// Deliveries whose effect on the group is known, for those who are live.
///
/// @param tail the log as it ended after the last of them
public record LiveDeliveries(JoinedDeliveries deliveries, GroupTail tail) {}
