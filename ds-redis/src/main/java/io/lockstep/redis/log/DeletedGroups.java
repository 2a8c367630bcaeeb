package io.lockstep.redis.log;

import io.lockstep.log.GroupLog;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Mono;

/// The incarnations under which groups were deleted, in as many sorted sets as the index of groups
/// to sweep. So a node that remembers a group can tell a deleted one from a lost one. Of a deleted
/// group only its pseudonym and its incarnation are kept, for [GroupLog#DELETIONS_REMEMBERED].
final class DeletedGroups {
    /// Deletions remembered in one bucket, about 100 bytes each: 7 MB in all buckets.
    private static final int BUCKET_MAX = 4_096;

    private static final Script REMEMBER = Script.freeing("log/remember");
    private static final byte[] TOMBSTONE = Script.ascii(GroupDeletion.TOMBSTONE_FIELD);

    private final PipelinedConnection connection;

    DeletedGroups(PipelinedConnection connection) {
        this.connection = connection;
    }

    Mono<Void> remember(GroupRedisKeys keys, Bytes incarnation) {
        return REMEMBER.run(
                        connection,
                        new byte[][] {key(keys)},
                        member(keys, incarnation),
                        Script.number(GroupLog.DELETIONS_REMEMBERED.toMillis()),
                        Script.number(BUCKET_MAX))
                .then();
    }

    /// A deletion that has begun counts too. Its tombstone is read first, because it is deleted
    /// after the deletion was remembered.
    Mono<Boolean> isDeleted(GroupRedisKeys keys, Bytes incarnation) {
        return connection
                .send(c -> c.hget(keys.meta(), TOMBSTONE))
                .map(at -> MetaCodec.logPosition(Bytes.wrap(at)).incarnation().equals(incarnation))
                .filter(same -> same)
                .switchIfEmpty(
                        Mono.defer(() ->
                                connection
                                        .send(c -> c.zscore(key(keys), member(keys, incarnation)))
                                        .hasElement()));
    }

    private static byte[] member(GroupRedisKeys keys, Bytes incarnation) {
        return (keys.name() + incarnation.hex()).getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] key(GroupRedisKeys keys) {
        return Script.ascii("ls:deleted:" + Integer.toHexString(SweepIndex.bucket(keys.name())));
    }
}
