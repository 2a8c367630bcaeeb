package io.lockstep.ordering;

import io.lockstep.log.MemberId;
import io.lockstep.log.OwnerId;

/// Who submits, under the pseudonyms that hold in the group.
public record Author(MemberId member, OwnerId owner) {}
