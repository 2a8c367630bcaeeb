package io.lockstep.ordering;

import io.lockstep.log.MemberId;
import io.lockstep.log.OwnerId;

/// The author of a submission, under the pseudonyms that are valid in the group.
public record Author(MemberId member, OwnerId owner) {}
