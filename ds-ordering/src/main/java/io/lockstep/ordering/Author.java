package io.lockstep.ordering;

import io.lockstep.log.MemberId;
import io.lockstep.log.UserPseudonym;

/// The author of a submission, under the pseudonyms that are valid in the group.
public record Author(MemberId member, UserPseudonym owner) {}
