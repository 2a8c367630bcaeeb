package io.lockstep.ordering;

import io.lockstep.log.MemberId;
import io.lockstep.log.UserPseudonym;
import io.lockstep.wire.Bytes;

/// The author of a submission, under the pseudonyms that are valid in the group.
public record Author(MemberId member, UserPseudonym owner) {
    /// The author of the operator's commands: nobody's pseudonyms, which are keyed hashes.
    public static final Author OPERATOR =
            new Author(
                    new MemberId(Bytes.wrap(new byte[MemberId.BYTES])),
                    new UserPseudonym(Bytes.wrap(new byte[UserPseudonym.BYTES])));
}
