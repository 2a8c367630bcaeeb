package io.lockstep.redis.log;

import io.lockstep.log.BlobStore;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Runs `file_group_info.lua`: stores a GroupInfo of the current epoch apart from a commit.
final class FileGroupInfoScript {
    private static final Script SCRIPT = Script.of("log/blobs", "log/file_group_info");

    private FileGroupInfoScript() {}

    /// @param seen a void after this position refuses
    /// @param infoBefore names of the blobs of the stored GroupInfo, see [GroupInfoBlobCache]
    static Mono<ScriptReply> run(
            PipelinedConnection connection,
            GroupRedisKeys keys,
            BundleCodec parts,
            Bytes incarnation,
            long seen,
            StoredGroupInfo filed,
            String infoBefore) {
        var scriptKeys =
                new ArrayList<byte[]>(
                        List.of(
                                keys.meta(),
                                keys.info(),
                                keys.uploads(),
                                keys.kept(),
                                keys.keptBytes(),
                                keys.troubles()));
        var arguments =
                new ArrayList<byte[]>(
                        List.of(
                                incarnation.toArray(),
                                Script.number(filed.epoch()),
                                parts.sealInfo(Optional.of(filed)),
                                Script.ascii(GroupInfoBlobCache.names(filed)),
                                Script.ascii(infoBefore),
                                Script.number(BlobStore.SLACK.toMillis()),
                                Script.number(BlobStore.PARTS_MIN.toMillis()),
                                Script.number(seen)));
        for (var reference : filed.references()) {
            scriptKeys.add(keys.blob(reference.sha256()));
            arguments.add(Script.number(reference.size()));
        }
        GroupInfoBlobCache.sha256s(infoBefore).forEach(sha256 -> scriptKeys.add(keys.blob(sha256)));
        return SCRIPT.run(
                        connection,
                        scriptKeys.toArray(byte[][]::new),
                        arguments.toArray(byte[][]::new))
                .map(ScriptReply::of);
    }
}
