package io.lockstep.gateway.access;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.SenderPseudonyms;
import io.lockstep.log.MemberId;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.Author;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.KeyDerivation;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Derives the pseudonym of a client or user in one group (invariant I8). The modules behind the
/// gateway decide on pseudonyms; names only pass through them, in the entries that members see. Without the deployment key, the rosters of two groups cannot be linked.
///
/// ```
/// member = HMAC-SHA256(key("member"), u8 len(group) ‖ group ‖ "user/device")[0..16)
/// owner  = HMAC-SHA256(key("owner"),  u8 len(group) ‖ group ‖ "user")[0..16)
/// ```
///
/// An account of quotas has a pseudonym that no other key or value of the same client, user or group
/// has:
///
/// ```
/// account = HMAC-SHA256(key("quota"), kind ‖ name)[0..16)
/// ```
public final class Pseudonyms {
    private static final int ACCOUNT_BYTES = 16;

    private final Bytes memberKey;
    private final Bytes ownerKey;
    private final Bytes accountKey;
    private final SenderPseudonyms senders;

    public Pseudonyms(KeyDerivation keys) {
        memberKey = keys.derive("member");
        ownerKey = keys.derive("owner");
        accountKey = keys.derive("quota");
        senders = new SenderPseudonyms(keys);
    }

    public MemberId member(GroupId group, ClientId client) {
        return new MemberId(pseudonym(memberKey, group, client.toString(), MemberId.BYTES));
    }

    public UserPseudonym owner(GroupId group, String user) {
        return new UserPseudonym(pseudonym(ownerKey, group, user, UserPseudonym.BYTES));
    }

    public Author author(GroupId group, ClientId client) {
        return new Author(member(group, client), owner(group, client.user()));
    }

    /// The user's pseudonym for the inboxes to which it sends Welcomes, the same in all groups.
    public Bytes sender(String user) {
        return senders.of(user);
    }

    /// The pseudonym of an account of quotas.
    ///
    /// @param kind of its holder
    public Bytes account(char kind, Bytes name) {
        var input = ByteBuffer.allocate(1 + name.size()).put((byte) kind).put(name.toArray());
        return DeploymentKey.hmac(accountKey, input.array()).slice(0, ACCOUNT_BYTES);
    }

    private static Bytes pseudonym(Bytes key, GroupId group, String name, int length) {
        var nameBytes = name.getBytes(StandardCharsets.UTF_8);
        var input = ByteBuffer.allocate(1 + group.bytes().size() + nameBytes.length);
        input.put((byte) group.bytes().size());
        group.bytes().asByteBuf().readBytes(input.slice(1, group.bytes().size()));
        input.position(1 + group.bytes().size()).put(nameBytes);
        return DeploymentKey.hmac(key, input.array()).slice(0, length);
    }
}
