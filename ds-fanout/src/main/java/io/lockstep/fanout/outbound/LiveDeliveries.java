package io.lockstep.fanout.outbound;

import io.lockstep.log.GroupTail;

/// Deliveries whose effect on the group is known, for cursors at the tail.
///
/// @param tail the tail of the log after the last of them
public record LiveDeliveries(JoinedDeliveries deliveries, GroupTail tail) {}
