package io.lockstep.redis.log;

import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decodes the HMGET reply of a roster. A nil means that the client was never a member.
final class RosterReply {
    private static final Logger LOG = LoggerFactory.getLogger(RosterReply.class);

    private RosterReply() {}

    /// @return the memberships, without those whose value cannot be decoded
    /// @throws LogUnavailableException when the number of values differs from the number of
    ///     queries, because the missing one is unknown
    static Map<MemberId, Optional<Membership>> read(
            GroupId group, List<MemberId> asked, List<Optional<byte[]>> values) {
        if (values.size() != asked.size()) {
            throw new LogUnavailableException(
                    values.size() + " of " + asked.size() + " memberships", group, null);
        }
        var answers = new HashMap<MemberId, Optional<Membership>>();
        for (int i = 0; i < values.size(); i++) {
            try {
                answers.put(asked.get(i), read(values.get(i)));
            } catch (RuntimeException e) {
                LOG.warn("group {}: a membership cannot be read: {}", group, e.toString());
            }
        }
        return Map.copyOf(answers);
    }

    private static Optional<Membership> read(Optional<byte[]> value) {
        return value.map(packed -> MetaCodec.membership(Bytes.wrap(packed)));
    }
}
