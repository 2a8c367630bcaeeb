package io.lockstep.redis.log;

import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.CallEffect;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogPosition;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.Membership;
import io.lockstep.log.NewGroup;
import io.lockstep.log.PartContent;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Runs `create.lua`: creates a group.
final class CreateScript {
    private static final Script SCRIPT = Script.of("log/blobs", "log/create");
    private static final byte[] UNKNOWN = {};

    private CreateScript() {}

    /// @param wrappedKey the key of the group, see [GroupKeyCache]
    static Mono<CreateOutcome> run(
            PipelinedConnection connection,
            GroupRedisKeys keys,
            ValueSealer sealing,
            BundleCodec parts,
            byte[] wrappedKey,
            GroupId group,
            NewGroup made,
            Optional<byte[]> store) {
        var first =
                new LogPosition(made.incarnation(), 0, GroupHead.first(group, made.incarnation()));
        var tail = new GroupTail(first, made.epoch(), 1);
        var creator = new Membership(made.creatorOwner(), 1, Membership.OPEN);
        var scriptKeys =
                new ArrayList<byte[]>(
                        List.of(
                                keys.meta(),
                                keys.roster(),
                                keys.owners(),
                                keys.info(),
                                RedisConnections.storeKey(),
                                keys.uploads(),
                                keys.kept(),
                                keys.keptBytes()));
        made.ratchetTree().ifPresent(tree -> scriptKeys.add(keys.blob(tree.sha256())));
        var arguments =
                new ArrayList<byte[]>(
                        List.of(
                                MetaCodec.logPosition(first),
                                Script.number(made.epoch()),
                                made.creator().bytes().toArray(),
                                made.creatorOwner().bytes().toArray(),
                                MetaCodec.membership(creator),
                                sealing.seal(SealPurpose.GROUP_ID, group.bytes()),
                                parts.sealInfo(
                                        PartContent.ofOptional(made.groupInfo())
                                                .map(info ->
                                                        new StoredGroupInfo(
                                                                made.epoch(),
                                                                info,
                                                                made.ratchetTree()))),
                                Script.number(
                                        made.ratchetTree().map(BlobReference::size).orElse(0L)),
                                Script.number(BlobStore.partLife(made.policy()).toMillis()),
                                store.orElse(UNKNOWN),
                                wrappedKey));
        var fields = MetaCodec.policyFields();
        var values = MetaCodec.policy(made.policy());
        for (int i = 0; i < fields.size(); i++) {
            arguments.add(fields.get(i));
            arguments.add(values.get(i));
        }
        return SCRIPT.run(
                        connection,
                        scriptKeys.toArray(byte[][]::new),
                        arguments.toArray(byte[][]::new))
                .map(ScriptReply::of)
                .map(reply ->
                        switch ((int) reply.number(0)) {
                            case 1 -> new CreateOutcome.Created(tail);
                            case 0 ->
                                    new CreateOutcome.Existed(
                                            MetaCodec.tail(reply, 1), new MemberId(reply.value(4)));
                            case 4 ->
                                    throw new LogUnavailableException(
                                            "create: the group is being deleted",
                                            group,
                                            CallEffect.NOT_EXECUTED,
                                            null);
                            case 3 -> throw RedisUnavailableException.anotherStore();
                            default ->
                                    throw new IllegalStateException(
                                            "the blob of the tree is missing, group " + group);
                        });
    }
}
